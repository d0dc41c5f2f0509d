/**
 * Labels: EAN-13 barcodes of the prefixes 20 to 29 with a price or weight in them, as the catalog reads them. Pure.
 *
 * The barcode of the product has zeros in place of the price or weight, and its own check digit.
 */

import type { BarcodeLayout, Product } from "../core/responses";

export interface Label {
  /** The barcode of the product. */
  item: string;
  layout: BarcodeLayout;
  /** Minor units of the layout's currency, or grams. */
  value: number;
}

/** Weights of the digits of a price or weight: how often a digit counts, and what its tens add (GS1, section 7.9). */
const FOUR = [2, -1, 2, -1, 3, 0, 5, -1];
const FIVE = [5, 1, 2, -1, 5, -1, 5, 1, 2, -1];

function weighted(digits: string, weights: readonly number[]): number {
  return Array.from(digits, Number).reduce((sum, digit, index) => {
    const product = digit * (weights[2 * index] ?? 0);
    return sum + ((product + (weights[2 * index + 1] ?? 0) * Math.floor(product / 10)) % 10);
  }, 0);
}

function checkDigit(digits: string): number {
  return (10 - (Array.from(digits, Number).reduce((sum, digit, index) => sum + digit * (index % 2 === 0 ? 1 : 3), 0) % 10)) % 10;
}

/** Whether a digit is the check digit of 4 or 5 digits. That of 5 counts itself, with the weight 5-. */
function isChecked(digit: string, digits: string): boolean {
  if (digits.length === 4) return (weighted(digits, FOUR) * 3) % 10 === Number(digit);
  return weighted(digits + digit, [...FIVE, 5, -1]) % 10 === 0;
}

function layoutOf(code: string | null, layouts: readonly BarcodeLayout[]): BarcodeLayout | undefined {
  return code !== null && /^2\d{12}$/.test(code) ? layouts.find(({ prefix }) => code.startsWith(prefix)) : undefined;
}

/** Read a scanned code; null for one that is no label, "unreadable" for one with a wrong check digit or nothing in it. */
export function readLabel(code: string, layouts: readonly BarcodeLayout[]): Label | "unreadable" | null {
  const layout = layoutOf(code, layouts);
  if (layout === undefined) return null;
  const start = 2 + layout.item_digits;
  const digits = code.slice(start + (layout.check_digit ? 1 : 0), 12);
  const isWhole = checkDigit(code.slice(0, 12)) === Number(code[12]);
  const isRead = !layout.check_digit || isChecked(code.charAt(start), digits);
  if (!isWhole || !isRead || Number(digits) === 0) return "unreadable";
  const item = code.slice(0, start).padEnd(12, "0");
  return { item: `${item}${checkDigit(item)}`, layout, value: Number(digits) };
}

/** Whether a product is sold by a label alone: its price is that of the label, or of a kilogram. */
export function needsLabel(product: Product, layouts: readonly BarcodeLayout[]): boolean {
  return product.label === undefined && layoutOf(product.barcode, layouts) !== undefined;
}

/** The product with the price and weight of its label. A weight costs the price of a kilogram, rounded half up. */
export function withLabel(product: Product, code: string, { layout, value }: Label): Product {
  if (layout.currency !== null) return { ...product, label: code, prices: { [layout.currency]: value } };
  const prices = Object.entries(product.prices).map(([currency, price]) => [currency, Number((BigInt(price) * BigInt(value) * 2n + 1000n) / 2000n)]);
  return { ...product, label: code, name: `${product.name}, ${(value / 1000).toFixed(3)} kg`, prices: Object.fromEntries(prices) as Record<string, number> };
}
