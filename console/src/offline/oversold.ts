/** Correct the stock of a sale that was made without a connection of units that the books do not have. */

import type { Api } from "../core/api";
import { correctLevel } from "../core/corrections";
import type { OrderRequest } from "../till/sale";

/**
 * Add the units that are missing of each line, once per order and line: the customer has taken them. A resolved case
 * lists them, for the person who finds out why the books were wrong; it comes first, because afterwards nothing is missing.
 */
export async function correctStock(api: Api, order: OrderRequest): Promise<void> {
  const { location, currency, order_id: orderId } = order;
  const missing: { adjustmentId: string; sku: string; quantity: number }[] = [];
  for (const [position, { sku, quantity }] of unitsBySku(order).entries()) {
    const { levels } = await api.get("GET /stock", { query: { sku, location } });
    const units = quantity - (levels[0]?.available ?? 0);
    if (units > 0) missing.push({ adjustmentId: `${orderId}-${position + 1}`, sku, quantity: units });
  }
  if (missing.length > 0) await recordCase(api, order, missing.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(", "));
  for (const { adjustmentId, sku, quantity } of missing) {
    const body = { adjustment_id: adjustmentId, location, sku, currency, quantity, reason: `sold offline, order ${orderId}` };
    await correctLevel(api, "POST /stock/adjustments", body);
  }
}

async function recordCase(api: Api, { order_id: orderId, location }: OrderRequest, corrected: string): Promise<void> {
  const opening = {
    case_id: `oversold-${orderId}`, business_id: orderId, workflow: "OrderCheckout", side: "forward", step: "ReserveStock",
    error: "InsufficientStock", cause: `sold offline at ${location}: ${corrected}`, task_token: "none",
  };
  await api.call("POST /cases", { body: { opening, decision: "done", note: `stock corrected: ${corrected}` } });
}

function unitsBySku(order: OrderRequest): { sku: string; quantity: number }[] {
  const units = new Map<string, number>();
  for (const { sku, quantity } of order.lines) units.set(sku, (units.get(sku) ?? 0) + quantity);
  return [...units].map(([sku, quantity]) => ({ sku, quantity }));
}
