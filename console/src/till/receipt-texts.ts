/** Texts of receipts, which are loaded after the till. */

const en = {
  title: "Receipt",
  sold: "Sold",
  print: "Print",
  mail: "Mail",
  mailOf: (number: string) => `Mail ${number}`,
  address: "E-mail address",
  customersAddress: "Empty for the customer's address",
  send: "Send",
  mailed: "The mail is sent.",
  noMail: "This shop does not send mail by itself.",
  ownProgram: "Open my mail program",
  attach: "Download the PDF and attach it.",
  next: "Next sale",
  invoice: "Invoice",
  order: "Order",
  net: "Net",
  of: (rate: string) => `Tax ${rate}`,
  thanks: "Thank you.",
  invoiceFollows: "Sold without a connection; the invoice follows.",
};

type ReceiptTexts = typeof en;

const de: ReceiptTexts = {
  title: "Beleg",
  sold: "Verkauft",
  print: "Drucken",
  mail: "Mail",
  mailOf: (number) => `${number} mailen`,
  address: "Mailadresse",
  customersAddress: "Leer für die Adresse des Kunden",
  send: "Senden",
  mailed: "Die Mail ist gesendet.",
  noMail: "Dieses Geschäft verschickt selbst keine Mails.",
  ownProgram: "Mein Mailprogramm öffnen",
  attach: "Das PDF herunterladen und anhängen.",
  next: "Nächster Verkauf",
  invoice: "Rechnung",
  order: "Bestellung",
  net: "Netto",
  of: (rate) => `Steuer ${rate}`,
  thanks: "Vielen Dank.",
  invoiceFollows: "Ohne Verbindung verkauft; die Rechnung folgt.",
};

const TEXTS = { en, de };

export function receiptTexts(code: "en" | "de"): ReceiptTexts {
  return TEXTS[code];
}
