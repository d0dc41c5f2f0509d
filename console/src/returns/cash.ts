/** Refunds in cash, in amounts that coins make up: the rules of orders/returns/cash.py, for what the till shows. Pure. */

import { cashIncrement } from "../core/money";
import type { Claim, Order } from "../core/responses";

/** The order in which the tenders of a sale are refunded. */
const TAKERS = ["card", "cash", "gift_card", "store_credit", "exchange"];
const IN_CASH = ["cash", "exchange"];

/** What a return of a value refunds. refund: what gets the amount. */
export function amountToRefund(order: Order, value: number, refund: string): number {
  const claims = order.returns ?? [];
  const tenders = order.document?.tenders ?? [];
  const left = paidFor(order) - sum(claims.map(amountOf));
  if (refund !== "original" || tenders.some(({ type }) => type === "on_account")) return Math.max(Math.min(value, left), 0);
  const before = claims.filter((claim) => (claim.refund ?? "original") === "original");
  const increment = cashIncrement(order.currency ?? "");
  const rooms = TAKERS.map((kind) => ({ kind, room: sum(tenders.filter(({ type }) => type === kind).map(({ amount }) => amount)) }));
  const amount = inCoins(sum(before.map(valueOf)) + value, rooms, increment) - sum(before.map(amountOf));
  return Math.max(amount !== value && amount > left ? amount - increment : amount, 0);
}

/** What was paid for an order. */
export function paidFor(order: Order): number {
  const document = order.document;
  return sum((document?.lines ?? []).map(({ total }) => total)) + (document?.totals.rounding ?? 0);
}

/** What a claim returned of its lines, without rounding. */
export function totalOf(claim: Claim): number {
  return sum(claim.lines.map(({ total }) => total));
}

function inCoins(values: number, rooms: { kind: string; room: number }[], increment: number): number {
  let rest = values;
  let total = 0;
  for (const { kind, room } of rooms) {
    const part = Math.min(rest, room);
    rest -= part;
    const coins = Math.min(Math.floor((2 * part + increment) / (2 * increment)), Math.floor(room / increment));
    total += IN_CASH.includes(kind) ? coins * increment : part;
  }
  return total + rest;
}

function valueOf(claim: Claim): number {
  return claim.value ?? totalOf(claim);
}

function amountOf(claim: Claim): number {
  return claim.amount ?? totalOf(claim);
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
