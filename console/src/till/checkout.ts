/** Sell the current sale: one order, however often its request is sent. */

import { Problem, type ApiResponse, type Api } from "../core/api";
import type { Order } from "../core/responses";
import { settle, WAIT_SECONDS, type Outcome, type Progress } from "../core/settle";
import { afterRefusal, requestOf, type OrderRequest } from "./sale";
import { currentSale, reloadSale, setSale, whileCurrent } from "./sale-store";

export interface Checkout {
  location: string;
  register: string;
  currency: string;
}

/** Send an order once. */
export function placeOrder(api: Api, request: OrderRequest): Promise<ApiResponse<Order>> {
  return api.call("POST /orders", { query: { wait: WAIT_SECONDS }, body: request });
}

/** Cancel an order once; one that is cancelled already stays so. */
function cancelOrder(api: Api, orderId: string): Promise<ApiResponse<Order>> {
  const request = { path: { order_id: orderId }, query: { wait: WAIT_SECONDS }, body: { reason: "cancelled at the till" } };
  return api.call("POST /orders/{order_id}/cancel", request);
}

/**
 * Cancel the sale that was sent, which `sell` then ends. It stays sold if it can no longer be cancelled.
 *
 * The wish is stored before it is sent: after a reload the sale is not sold all the same.
 */
export async function cancelSale(api: Api): Promise<void> {
  const sale = currentSale();
  if (sale.sent === null || sale.sold !== null) return;
  setSale({ ...sale, isCancelled: true });
  await settle(() => cancelOrder(api, sale.orderId));
}

/** Return how a sale ended, after the cancel of one that was paid before the cancel reached it. */
async function ended(api: Api, outcome: Outcome<Order>): Promise<Outcome<Order>> {
  const { isCancelled, orderId } = currentSale();
  const cancelled = { kind: "refused" as const, problem: new Problem(409, "SaleCancelled", orderId, "The sale was cancelled; nothing is charged.") };
  // A cancel in progress rejects the order first.
  if (outcome.kind === "refused") return outcome.problem.title === "OrderClosed" ? cancelled : outcome;
  if (outcome.body.status !== "PAID") return cancelled;
  if (isCancelled !== true) return outcome;
  return (await settle(() => cancelOrder(api, orderId))).kind === "done" ? cancelled : outcome;
}

/**
 * Sell the current sale, or continue one that was sent. Return the problem of a refusal, null when it is sold.
 *
 * The request is stored before it is sent. Another tab that sells at the same time waits here, and then finds the sale
 * sold. A sale that is set aside is no longer sent; it is continued when it is the current one again.
 */
export async function sell(api: Api, place: Checkout, onProgress: (progress: Progress) => void): Promise<Problem | null> {
  let refusal: Problem | null = null;
  const orderId = currentSale().orderId;
  await navigator.locks.request("tillflow.checkout", async () => {
    const sale = reloadSale();
    if (sale.orderId !== orderId || sale.sold !== null) return;
    const request = sale.sent ?? requestOf(sale, place, place.currency, new Date());
    setSale({ ...sale, sent: request });
    const send = (): Promise<ApiResponse<Order>> => (
      currentSale().orderId === orderId ? placeOrder(api, request) : Promise.reject(new Error("the sale was set aside"))
    );
    const outcome = await whileCurrent(orderId, settle(send, onProgress).then((last) => ended(api, last)));
    if (outcome === null) return;
    if (outcome.kind === "done") setSale({ ...currentSale(), sold: outcome.body });
    else {
      refusal = outcome.problem;
      setSale(afterRefusal(currentSale(), place.register));
    }
  });
  return refusal;
}
