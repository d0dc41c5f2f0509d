/** Correct the stock of a sale that was made without a connection of units that the books do not have. */

import type { Api } from "../core/api";
import type { OrderRequest } from "../till/sale";

/** Add the units that are missing of each line, once per order and line: the customer has taken them. */
export async function correctStock(api: Api, order: OrderRequest): Promise<void> {
  for (const [position, { sku, quantity }] of unitsBySku(order).entries()) {
    const { levels } = await api.get("GET /stock", { query: { sku, location: order.location } });
    const missing = quantity - (levels[0]?.available ?? 0);
    if (missing <= 0) continue;
    const { location, currency, order_id: orderId } = order;
    const adjustment = { adjustment_id: `${orderId}-${position + 1}`, location, sku, currency, quantity: missing };
    await api.call("POST /stock/adjustments", { body: { ...adjustment, reason: `sold offline, order ${orderId}` } });
  }
}

function unitsBySku(order: OrderRequest): { sku: string; quantity: number }[] {
  const units = new Map<string, number>();
  for (const { sku, quantity } of order.lines) units.set(sku, (units.get(sku) ?? 0) + quantity);
  return [...units].map(([sku, quantity]) => ({ sku, quantity }));
}
