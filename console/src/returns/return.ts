/**
 * A return as the till keeps it until it is refunded: pure functions on one value.
 *
 * `sent` is the request as it was sent for the first time: what repeats it (a reload, a lost response, the sign-in of a
 * manager) sends the same bytes, so that the API starts one return. An exchange has a new sale too.
 */

import type { Order } from "../core/responses";
import { amountToRefund, paidFor, totalOf } from "./cash";
import { afterRefusal, newSale, type OrderRequest, type Sale } from "../till/sale";

export type Condition = "resell" | "damaged";
export type RefundTo = "original" | "store_credit";
export type Settlement = RefundTo | "exchange";

export interface ReturnedUnits {
  quantity: number;
  condition: Condition;
  reason: string;
}

export interface ReturnRequest {
  return_id: string;
  currency: string;
  lines: { line_no: number; sku: string; quantity: number; condition: Condition; reason: string }[];
  refund: RefundTo;
  customer_id?: string;
  override_note?: string;
}

export interface ExchangeRequest {
  return: ReturnRequest;
  sale: OrderRequest;
}

export type Sent = { kind: "return"; body: ReturnRequest } | { kind: "exchange"; body: ExchangeRequest };

export interface Draft {
  returnId: string;
  orderId: string;
  units: Record<number, ReturnedUnits>;
  refund: Settlement;
  customer: { customer_id: string; name: string } | null;
  overrideNote: string;
  /** What the units are exchanged for. */
  sale: Sale;
  sent: Sent | null;
}

export interface ReturnableLine {
  lineNo: number;
  sku: string;
  description: string;
  sold: number;
  returnable: number;
  total: number;
}

export const NO_UNITS: ReturnedUnits = { quantity: 0, condition: "resell", reason: "" };

export function newDraft(orderId: string, register: string): Draft {
  const returnId = `ret-${crypto.randomUUID()}`;
  return { returnId, orderId, units: {}, refund: "original", customer: null, overrideNote: "", sale: newSale(register), sent: null };
}

/** After a refusal: the same choices under new ids, since the refused return and sale keep their own. */
export function renewed(draft: Draft, register: string): Draft {
  return { ...draft, returnId: `ret-${crypto.randomUUID()}`, sale: afterRefusal(draft.sale, register), sent: null };
}

/** The lines of an order with the units and the amount that are not returned yet. */
export function returnableLines(order: Order): ReturnableLine[] {
  const claimed = (order.returns ?? []).flatMap((claim) => claim.lines);
  return (order.document?.lines ?? []).map((line) => {
    const before = claimed.filter(({ line_no }) => line_no === line.line_no);
    return {
      lineNo: line.line_no,
      sku: line.sku,
      description: line.description,
      sold: line.quantity,
      returnable: line.quantity - before.reduce((sum, { quantity }) => sum + quantity, 0),
      total: line.total - before.reduce((sum, { total }) => sum + total, 0),
    };
  });
}

/** The chosen units of a line; no more than can be returned, which another return may have made fewer meanwhile. */
export function chosenUnits(units: Draft["units"], line: ReturnableLine): number {
  return Math.min(units[line.lineNo]?.quantity ?? 0, line.returnable);
}

/** What the chosen units refund, as the API computes it: each line's share of its rest, rounded half up, and in coins. */
export function refundOf(order: Order, draft: Draft): number {
  const lines = returnableLines(order);
  const chosen = (line: ReturnableLine): number => chosenUnits(draft.units, line);
  const total = lines.reduce((sum, line) => sum + share(line.total, chosen(line), line.returnable), 0);
  const isLast = lines.every((line) => chosen(line) === line.returnable);
  return amountToRefund(order, valueOf(order, total, isLast), draft.refund);
}

/** The value of units with the part of their sale's rounding that comes back with them. */
function valueOf(order: Order, total: number, isLast: boolean): number {
  const rounding = order.document?.totals.rounding ?? 0;
  if (rounding >= 0) return isLast ? total + rounding : total;
  const [refunded, paid] = [(order.returns ?? []).reduce((sum, claim) => sum + totalOf(claim), 0), paidFor(order)];
  return Math.min(refunded + total, paid) - Math.min(refunded, paid);
}

function share(rest: number, units: number, ofUnits: number): number {
  if (units === 0) return 0;
  const [amount, part, whole] = [BigInt(rest), BigInt(units), BigInt(ofUnits)];
  return Number((2n * amount * part + whole) / (2n * whole));
}

/** The return as the API takes it. */
export function requestOf(draft: Draft, order: Order, defaultReason: string): ReturnRequest {
  const lines = returnableLines(order).flatMap((line) => {
    const { condition, reason } = draft.units[line.lineNo] ?? NO_UNITS;
    const quantity = chosenUnits(draft.units, line);
    return quantity === 0 ? [] : [{ line_no: line.lineNo, sku: line.sku, quantity, condition, reason: reason.trim() || defaultReason }];
  });
  const customer = order.document?.customer_id ?? draft.customer?.customer_id;
  return {
    return_id: draft.returnId,
    currency: order.currency ?? "",
    lines,
    refund: draft.refund === "store_credit" ? "store_credit" : "original",
    ...(draft.refund === "store_credit" && customer !== undefined ? { customer_id: customer } : {}),
    ...(draft.overrideNote.trim() === "" ? {} : { override_note: draft.overrideNote.trim() }),
  };
}

/** Whether the return can be sent: units are chosen, and store credit has a customer. */
export function isComplete(draft: Draft, order: Order): boolean {
  const hasUnits = returnableLines(order).some((line) => chosenUnits(draft.units, line) > 0);
  const customer = order.document?.customer_id ?? draft.customer;
  return hasUnits && (draft.refund !== "store_credit" || customer !== null);
}
