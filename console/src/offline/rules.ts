/** What may be sold without a connection, and how such a sale is sent afterwards. Pure. */

import type { Product } from "../core/responses";
import type { OrderRequest, Sale } from "../till/sale";
import { estimate } from "../till/sale";
import { MAX_QUEUED, type QueuedSale } from "./queue";
import { VALID_MS } from "./price-list";

export type OfflineRefusal = "parts" | "limit" | "discount" | "tax" | "priceList" | "queue";

interface Circumstances {
  /** Whether the till has all its files. */
  isLoaded: boolean;
  limit: number;
  queued: number;
  /** When the price list was last read, in milliseconds since 1970; null when it was never read. */
  readAt: number | null;
  now: number;
  find: (sku: string) => Product | undefined;
}

/** Return why a sale needs a connection; null when it can be sold for cash by the till's own price list. */
export function offlineRefusal(sale: Sale, { isLoaded, limit, queued, readAt, now, find }: Circumstances): OfflineRefusal | null {
  if (!isLoaded) return "parts";
  if (readAt === null || now - readAt > VALID_MS) return "priceList";
  if (queued >= MAX_QUEUED) return "queue";
  if (sale.discount !== null || sale.lines.some((line) => line.discount !== null)) return "discount";
  if (sale.lines.some((line) => find(line.sku)?.tax_included !== true)) return "tax";
  return estimate(sale) > limit ? "limit" : null;
}

/**
 * Return the order to send for a sale that was charged at prices of the till's list, and what was paid above its price.
 *
 * A price that has risen is honoured by a discount of the difference. One that has fallen is what is sold, because no
 * order costs more than its products: the customer has paid the difference too much.
 */
export function orderAtChargedPrice({ order, charged }: QueuedSale, quoted: number): { order: OrderRequest; overpaid: number } {
  if (quoted > charged) return { order: { ...order, discounts: [...order.discounts, { amount: quoted - charged }] }, overpaid: 0 };
  return { order, overpaid: charged - quoted };
}
