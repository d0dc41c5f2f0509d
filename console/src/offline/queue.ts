/**
 * Cash sales that were made without a connection, in localStorage until the API has sold them.
 *
 * `charged` is what the customer paid. `sent` is the request as it is sent first: every repetition sends the same bytes.
 */

import { useSyncExternalStore } from "react";
import type { OrderRequest } from "../till/sale";

export interface QueuedSale {
  order: OrderRequest;
  charged: number;
  soldAt: string;
  sent: OrderRequest | null;
  state: "waiting" | "refused" | "overpaid";
  /** The name and the sentence of the error that refused it. */
  refusal: { title: string; message: string } | null;
  /** What the customer paid above the price of the day on which the sale was sent. */
  overpaid: number;
}

export const MAX_QUEUED = 100;

const KEY = "tillflow.queue";
const listeners = new Set<() => void>();
let current: QueuedSale[] | undefined;

function read(): QueuedSale[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? (stored as QueuedSale[]) : [];
  } catch {
    return [];
  }
}

/** Return the queued sales, the oldest first, as the last tab that wrote has left them. */
export function queuedSales(): QueuedSale[] {
  return (current ??= read());
}

function change(edit: (sales: QueuedSale[]) => QueuedSale[]): void {
  current = edit(read());
  localStorage.setItem(KEY, JSON.stringify(current));
  for (const listener of listeners) listener();
}

/** Queue a sale; one with its order id is queued already. */
export function enqueue(sale: QueuedSale): void {
  change((sales) => (sales.some(({ order }) => order.order_id === sale.order.order_id) ? sales : [...sales, sale]));
}

/** Make a sale that the API refused a new order, since the refused one keeps its id. note: a manager's, for its discount. */
export function renewQueued(orderId: string, newId: string, note?: string): void {
  const approval = note === undefined ? {} : { approval_note: note };
  change((sales) => sales.map((sale) => (sale.order.order_id === orderId
    ? { ...sale, order: { ...sale.order, order_id: newId, ...approval }, state: "waiting", sent: null, refusal: null, overpaid: 0 }
    : sale)));
}

export function updateQueued(orderId: string, changes: Partial<QueuedSale>): void {
  change((sales) => sales.map((sale) => (sale.order.order_id === orderId ? { ...sale, ...changes } : sale)));
}

export function removeQueued(orderId: string): void {
  change((sales) => sales.filter(({ order }) => order.order_id !== orderId));
}

function onStorage(event: StorageEvent): void {
  if (event.key !== KEY) return;
  current = undefined;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("storage", onStorage);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", onStorage);
  };
}

export function useQueue(): QueuedSale[] {
  return useSyncExternalStore(subscribe, queuedSales);
}
