/** The new sale of an exchange, whose total the value of the returned units pays first. Pure. */

import type { Order, PricedOrder } from "../core/responses";
import type { Checkout } from "../till/checkout";
import { due, exactTotal, requestOf as saleRequestOf, type Due } from "../till/sale";
import { requestOf, type Draft, type ExchangeRequest } from "./return";

/** The exchange as the API takes it: the tenders pay what the returned units do not. */
export function exchangeOf(draft: Draft, order: Order, place: Checkout, defaultReason: string, now: Date): ExchangeRequest {
  const customer = order.document?.customer_id ?? null;
  const sale = { ...draft.sale, customer: customer === null ? null : { customer_id: customer, name: "" } };
  return {
    return: requestOf(draft, order, defaultReason),
    sale: { ...saleRequestOf(sale, place, place.currency, now), tenders: draft.sale.tenders },
  };
}

/** How an exchange is settled: what the customer has yet to pay, and what the customer gets. One of both is 0. */
export function settlement(draft: Draft, value: number, quote: PricedOrder): { due: Due; refund: number; change: number } {
  // Cash is rounded on what remains after the exchange, not on the whole sale.
  const net = exactTotal(quote) - value;
  const remaining = due(Math.max(0, net), draft.sale.tenders, quote.currency);
  return { due: remaining, refund: Math.max(0, -net), change: Math.max(0, -remaining.exact) };
}
