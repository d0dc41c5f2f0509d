/** The price list in IndexedDB: the till opens with it, asks for what changed, and sells by it without a connection. */

import { BASE } from "../core/config";
import type { BarcodeLayout, Product } from "../core/responses";

export interface PriceList {
  products: Product[];
  version: string;
  layouts?: readonly BarcodeLayout[];
}

/** How long prices of the list are honoured without a connection. */
export const VALID_MS = 24 * 3_600_000;

const STORE = "price-list";
const LIST = "list";
const READ_AT = "read-at";

function finished<T>(work: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    work.onsuccess = () => resolve(work.result);
    work.onerror = () => reject(work.error ?? new Error("IndexedDB"));
  });
}

/** Run work in the store of this deployment's price list; return null in a browser that stores nothing. */
async function inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<T>): Promise<T | null> {
  if (!("indexedDB" in globalThis)) return null;
  const opening = indexedDB.open(`tillflow ${BASE}`, 1);
  opening.onupgradeneeded = () => { opening.result.createObjectStore(STORE); };
  try {
    const database = await finished(opening);
    const result = await work(database.transaction(STORE, mode).objectStore(STORE)).finally(() => database.close());
    return result;
  } catch {
    return null;
  }
}

/** Return the stored price list and when it was read, in milliseconds since 1970; null without one. */
export async function storedPriceList(): Promise<{ list: PriceList; readAt: number } | null> {
  return await inStore("readonly", async (store) => {
    const [list, readAt] = await Promise.all([
      finished(store.get(LIST) as IDBRequest<PriceList | undefined>),
      finished(store.get(READ_AT) as IDBRequest<number | undefined>),
    ]);
    return list === undefined || readAt === undefined ? null : { list, readAt };
  });
}

export async function storePriceList(list: PriceList, readAt: number): Promise<void> {
  await inStore("readwrite", (store) => Promise.all([finished(store.put(list, LIST)), finished(store.put(readAt, READ_AT))]));
}

/** Store that the price list was found unchanged. */
export async function confirmPriceList(readAt: number): Promise<void> {
  await inStore("readwrite", (store) => finished(store.put(readAt, READ_AT)));
}
