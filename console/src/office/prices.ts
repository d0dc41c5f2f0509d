import { parse, plain } from "../core/money";

/** Read a supplier's prices, a SKU and an amount on each line; null if one is not readable. */
export function parsePrices(text: string, currency: string): { sku: string; unit_cost: number }[] | null {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const prices = lines.flatMap((line) => {
    const match = /^(\S+)\s+(\S+)$/.exec(line);
    const cost = parse(match?.[2] ?? "", currency);
    return match?.[1] === undefined || cost === null ? [] : [{ sku: match[1], unit_cost: cost }];
  });
  return prices.length === lines.length ? prices : null;
}

/** An amount as a person of a language types it: 1250 EUR is "12,50" in German. */
export function amountText(amount: number, currency: string, language: string): string {
  const text = plain(amount, currency);
  return language === "de" ? text.replace(".", ",") : text;
}
