/** Texts of the parts of sales without a connection that are loaded after the till. */

const en = {
  queue: "Sales without a connection",
  allSent: "Everything is sent.",
  waits: "Waits for the connection.",
  cashOnly: "No connection. The sale is stored here and sent later.",
  overpaid: (amount: string) => `The price has fallen: the customer paid ${amount} too much.`,
  charged: "Sold without a connection at the price of the till",
  settled: "Settled",
  correct: "Correct the stock and send",
  others: "Cards, gift cards, store credit and accounts need a connection: take cash.",
  notCharged: (tenders: string) => `Not charged: ${tenders}`,
};

type OfflineTexts = typeof en;

const de: OfflineTexts = {
  queue: "Verkäufe ohne Verbindung",
  allSent: "Alles ist gesendet.",
  waits: "Wartet auf die Verbindung.",
  cashOnly: "Keine Verbindung. Der Verkauf wird hier gespeichert und später gesendet.",
  overpaid: (amount) => `Der Preis ist gefallen: Der Kunde hat ${amount} zu viel bezahlt.`,
  charged: "Ohne Verbindung zum Preis der Kasse verkauft",
  settled: "Erledigt",
  correct: "Bestand korrigieren und senden",
  others: "Karten, Geschenkkarten, Guthaben und Rechnungen brauchen eine Verbindung: bar kassieren.",
  notCharged: (tenders) => `Nicht belastet: ${tenders}`,
};

const TEXTS = { en, de };

export function offlineTexts(code: "en" | "de"): OfflineTexts {
  return TEXTS[code];
}
