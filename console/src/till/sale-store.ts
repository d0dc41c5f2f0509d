/** The current sale in localStorage: it survives a reload, and every tab of the browser shows the same one. */

import { useSyncExternalStore } from "react";
import { preferences } from "../core/preferences";
import { newSale, type Sale } from "./sale";

const KEY = "tillflow.sale";
const listeners = new Set<() => void>();
let current: Sale | undefined;

function read(): Sale {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as Sale | null;
    if (stored !== null && typeof stored.orderId === "string" && Array.isArray(stored.lines)) return stored;
  } catch {
    // An unreadable sale is replaced by a new one.
  }
  return newSale(preferences().register);
}

function notify(): void {
  for (const listener of listeners) listener();
}

export function currentSale(): Sale {
  return (current ??= read());
}

/** Read what another tab may have written. */
export function reloadSale(): Sale {
  current = read();
  notify();
  return current;
}

export function setSale(sale: Sale): void {
  current = sale;
  localStorage.setItem(KEY, JSON.stringify(sale));
  notify();
}

/** Change the sale unless it was sent: a sent order is never changed. */
export function editSale(change: (sale: Sale) => Sale): void {
  const sale = currentSale();
  if (sale.sent === null && sale.sold === null) setSale(change(sale));
}

/** Return what work returns, or null as soon as another sale is the current one. */
export function whileCurrent<T>(orderId: string, work: Promise<T>): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const stop = subscribe(() => {
      if (currentSale().orderId !== orderId) resolve(null);
    });
    work.finally(stop).then(resolve, reject);
  });
}

function onStorage(event: StorageEvent): void {
  if (event.key === KEY) reloadSale();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("storage", onStorage);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", onStorage);
  };
}

export function useSale(): Sale {
  return useSyncExternalStore(subscribe, currentSale);
}
