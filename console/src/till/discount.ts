/** Discounts as they are typed and shown. Pure. */

import { format, parse } from "../core/money";
import type { Discount } from "../core/responses";

/** Read a discount: "10%" or an amount of the currency; null for anything else. */
export function parseDiscount(text: string, currency: string): Discount | null {
  const percent = /^(\d{1,3}(?:[.,]\d{1,4})?)\s*%$/.exec(text.trim())?.[1]?.replace(",", ".");
  if (percent !== undefined) return Number(percent) > 0 && Number(percent) <= 100 ? { percent } : null;
  const amount = parse(text, currency);
  return amount === null || amount === 0 ? null : { amount };
}

export function discountText(discount: Discount, currency: string, language: string): string {
  return discount.amount === undefined ? `${discount.percent ?? ""} %` : format(discount.amount, currency, language);
}
