/** Sell the current sale: one order, however often its request is sent. */

import type { Answer, Api, Problem } from "../core/api";
import type { Order } from "../core/responses";
import { settle, WAIT_SECONDS, type Progress } from "../core/settle";
import { afterRefusal, requestOf, type OrderRequest } from "./sale";
import { currentSale, reloadSale, setSale } from "./sale-store";

export interface Checkout {
  location: string;
  register: string;
  currency: string;
}

/** Send an order once. */
export function placeOrder(api: Api, request: OrderRequest): Promise<Answer<Order>> {
  return api.call("POST /orders", { query: { wait: WAIT_SECONDS }, body: request });
}

/**
 * Sell the current sale, or continue one that was sent. Return the problem of a refusal, null when it is sold.
 *
 * The request is stored before it is sent. Another tab that sells at the same time waits here, and then finds the sale
 * sold.
 */
export async function sell(api: Api, place: Checkout, onProgress: (progress: Progress) => void): Promise<Problem | null> {
  let refusal: Problem | null = null;
  const orderId = currentSale().orderId;
  await navigator.locks.request("tillflow.checkout", async () => {
    const sale = reloadSale();
    if (sale.orderId !== orderId || sale.sold !== null) return;
    const request = sale.sent ?? requestOf(sale, place, place.currency, new Date());
    setSale({ ...sale, sent: request });
    const outcome = await settle(() => placeOrder(api, request), onProgress);
    if (outcome.kind === "done") setSale({ ...currentSale(), sold: outcome.body });
    else {
      refusal = outcome.problem;
      setSale(afterRefusal(currentSale(), place.register));
    }
  });
  return refusal;
}
