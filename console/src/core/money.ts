/** Amounts in whole minor units, as the API has them, in the notation of a language. No arithmetic on fractions. */

// Browsers have those of CLDR, in which HUF, COP and IQD have none: an amount would be a hundred times its value, or more.
const PLACES: Record<number, string> = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};
const PLACES_OF = new Map(
  Object.entries(PLACES).flatMap(([digits, codes]) => codes.split(" ").map((code) => [code, Number(digits)] as const)),
);

/** Decimal places of a currency by ISO 4217, as the API has them: EUR 2, JPY 0, KWD 3. */
export function places(currency: string): number {
  return PLACES_OF.get(currency) ?? 2;
}

/** Return an amount of at least 0 as a number to type: 1250 EUR is "12.50". */
export function plain(amount: number, currency: string): string {
  const digits = places(currency);
  const text = String(amount).padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Format an amount: 1250 EUR is "€12.50" in English. */
export function format(amount: number, currency: string, language: string): string {
  const decimal = plain(Math.abs(amount), currency);
  const digits = places(currency);
  const formatter = new Intl.NumberFormat(language, {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return formatter.format((amount < 0 ? `-${decimal}` : decimal) as Intl.StringNumericLiteral);
}

/** Read an amount that a person typed, with a point or a comma: "12,5" is 1250 EUR; null for anything else. */
export function parse(text: string, currency: string): number | null {
  const digits = places(currency);
  const match = /^(\d{1,10})(?:[.,](\d+))?$/.exec(text.trim());
  if (match === null) return null;
  const fraction = match[2] ?? "";
  if (fraction.length > digits) return null;
  return Number(`${match[1] ?? ""}${fraction.padEnd(digits, "0")}`);
}

/** The smallest amount that can be paid in cash, in minor units, as the API has it; 1 in other currencies. */
const CASH_INCREMENT: Record<string, number> = {
  AUD: 5, CAD: 5, CHF: 5, CZK: 100, DKK: 50, HUF: 500, ILS: 10, MYR: 5, NOK: 100, NZD: 10, SEK: 100, SGD: 5, ZAR: 10,
};

export function cashIncrement(currency: string): number {
  return CASH_INCREMENT[currency] ?? 1;
}

/** Round an amount of at least 0 to what coins make up, as the API does. */
export function inCoins(amount: number, currency: string): number {
  const increment = cashIncrement(currency);
  return Math.floor((2 * amount + increment) / (2 * increment)) * increment;
}

/** Amounts that a customer is likely to hand over for a sum: the sum itself, and the next round ones of its size. */
export function likelyCash(due: number, currency: string): number[] {
  const whole = Math.floor(due / 10 ** places(currency));
  const unit = 10 ** (places(currency) + Math.max(0, String(whole).length - 2));
  const rounded = [5, 10, 20, 50, 100].map((step) => Math.ceil(due / (step * unit)) * step * unit);
  return [...new Set([due, ...rounded])].filter((amount) => amount > 0).slice(0, 5);
}
