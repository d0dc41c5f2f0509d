/** What a field accepts, in German. The API says it in English, by these patterns; any other text is shown as it is. */

const ACCEPTED: readonly (readonly [RegExp, string])[] = [
  [/^a value$/, "ein Wert"],
  [/^no such field$/, "kein solches Feld"],
  [/^a whole number$/, "eine ganze Zahl"],
  [/^a number$/, "eine Zahl"],
  [/^a number above (.+)$/, "eine Zahl über $1"],
  [/^a number of at least (.+)$/, "mindestens $1"],
  [/^a number below (.+)$/, "eine Zahl unter $1"],
  [/^a number of at most (\S+)$/, "höchstens $1"],
  [/^a number of at most (\d+) decimal places$/, "höchstens $1 Nachkommastellen"],
  [/^text$/, "Text"],
  [/^at least (\d+) character\(s\)$/, "mindestens $1 Zeichen"],
  [/^at most (\d+) characters$/, "höchstens $1 Zeichen"],
  [/^text that matches (.+)$/, "Text nach dem Muster $1"],
  [/^a list$/, "eine Liste"],
  [/^an object$/, "ein Objekt"],
  [/^at least (\d+) item\(s\)$/, "mindestens $1 Einträge"],
  [/^at most (\d+) items$/, "höchstens $1 Einträge"],
  [/^true or false$/, "ja oder nein"],
  [/^a decimal number as text, such as .*$/, "eine Dezimalzahl wie 7.5"],
  [/^a day such as (.+)$/, "ein Tag wie $1"],
  [/^an ISO 8601 time such as (.+)$/, "eine Zeit wie $1"],
  [/^a time with its zone, such as (.+)$/, "eine Zeit mit Zeitzone wie $1"],
  [/^an ISO 4217 code such as (.+)$/, "eine Währung wie $1"],
  [/^printable characters$/, "druckbare Zeichen"],
  [/^one line per SKU$/, "eine Position für jeden Artikel"],
  [/^an email address such as (.+)$/, "eine Mailadresse wie $1"],
  [/^an email address: the document's customer has none$/, "eine Mailadresse; der Kunde des Belegs hat keine"],
  [/^the name of a carrier that is set up$/, "ein eingerichteter Versanddienst"],
  [/^the id of a customer$/, "die Nummer eines Kunden"],
  [/^the id of a location$/, "ein Standort"],
  [/^the SKU of a product$/, "die Artikelnummer eines Artikels"],
  [/^the id of a supplier$/, "die Nummer eines Lieferanten"],
  [/^('[^']*'(?:, '[^']*')*) or ('[^']*')$/, "$1 oder $2"],
];

/** Return what a field accepts in German; the API's own text if it has no translation. */
export function acceptedInGerman(accepted: string): string {
  const rule = ACCEPTED.find(([pattern]) => pattern.test(accepted));
  return rule === undefined ? accepted : accepted.replace(rule[0], rule[1]);
}
