/** Texts of payments that need a connection: gift cards, sales on account, and cards whose holder has to confirm. */

const en = {
  code: "Code of the gift card",
  codeHint: "Scan or type the 24 letters and digits",
  check: "Show the balance",
  notACode: "A gift card's code has 24 letters and digits.",
  balance: (number: string) => `Balance of card ${number}`,
  nothingLeft: "Nothing is left on this card.",
  used: (amount: string) => `${amount} of it pays this sale already.`,
  payByGiftCard: (amount: string) => `Pay ${amount} with the gift card`,
  customerFirst: "Choose the customer who pays later.",
  noCustomer: "This sale has no customer, who could pay later.",
  limit: "Credit limit",
  owed: "Owed so far",
  available: "Available",
  noAccount: "This customer does not buy on account. A manager can set a limit.",
  aboveLimit: (amount: string) => `Above the limit: ${amount} at most. Take another payment for the rest.`,
  limitReached: "The limit is reached. Take another payment.",
  payOnAccount: (amount: string) => `${amount} on account`,
  confirmTitle: "The customer has to confirm the payment",
  confirmHint: "Let the customer scan this code, or open the bank's page on this screen.",
  confirmCode: "Code that opens the bank's page",
  openBank: "Open the bank's page",
  left: (time: string) => `${time} left to confirm`,
  overdue: "The time to confirm is over. Please wait for the end of the sale.",
  cancelSale: "Cancel the sale",
  cancelling: "The sale is being cancelled…",
};

type PaymentTexts = typeof en;

const de: PaymentTexts = {
  code: "Code der Geschenkkarte",
  codeHint: "Die 24 Buchstaben und Ziffern scannen oder eingeben",
  check: "Guthaben anzeigen",
  notACode: "Der Code einer Geschenkkarte hat 24 Buchstaben und Ziffern.",
  balance: (number) => `Guthaben der Karte ${number}`,
  nothingLeft: "Auf dieser Karte ist nichts mehr.",
  used: (amount) => `${amount} davon bezahlen schon diesen Verkauf.`,
  payByGiftCard: (amount) => `${amount} mit der Geschenkkarte bezahlen`,
  customerFirst: "Den Kunden wählen, der später bezahlt.",
  noCustomer: "Dieser Verkauf hat keinen Kunden, der später bezahlen könnte.",
  limit: "Kreditlimit",
  owed: "Bisher offen",
  available: "Verfügbar",
  noAccount: "Dieser Kunde kauft nicht auf Rechnung. Die Leitung kann ein Limit setzen.",
  aboveLimit: (amount) => `Über dem Limit: höchstens ${amount}. Den Rest anders bezahlen.`,
  limitReached: "Das Limit ist erreicht. Bitte anders bezahlen.",
  payOnAccount: (amount) => `${amount} auf Rechnung`,
  confirmTitle: "Der Kunde muss die Zahlung bestätigen",
  confirmHint: "Den Kunden diesen Code scannen lassen oder die Seite der Bank hier öffnen.",
  confirmCode: "Code, der die Seite der Bank öffnet",
  openBank: "Seite der Bank öffnen",
  left: (time) => `Noch ${time} zum Bestätigen`,
  overdue: "Die Zeit zum Bestätigen ist um. Bitte das Ende des Verkaufs abwarten.",
  cancelSale: "Verkauf abbrechen",
  cancelling: "Der Verkauf wird abgebrochen…",
};

const TEXTS = { en, de };

export function paymentTexts(code: "en" | "de"): PaymentTexts {
  return TEXTS[code];
}
