/** Send an order until its outcome is known. The same request again starts nothing, so that repeating is safe. */

import { Problem, type Api } from "../core/api";
import type { Order } from "../core/responses";
import { afterRefusal, requestOf, type OrderRequest } from "./sale";
import { currentSale, reloadSale, setSale } from "./sale-store";

export type Outcome = { kind: "sold"; order: Order } | { kind: "refused"; problem: Problem };
export type Progress = "sending" | "waiting" | "reconnecting";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
const WAIT_SECONDS = 15;

/** Return how an order ended. Raises the Problem of a session that ended: the order is sent again after the sign-in. */
export async function settle(
  api: Api,
  request: OrderRequest,
  onProgress: (progress: Progress) => void = () => undefined,
  sleep: (milliseconds: number) => Promise<void> = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); }),
): Promise<Outcome> {
  let pause = FIRST_PAUSE_MS;
  onProgress("sending");
  for (;;) {
    try {
      const { status, body } = await api.call("POST /orders", { query: { wait: WAIT_SECONDS }, body: request });
      if (status === 201) return { kind: "sold", order: body };
      onProgress("waiting");
      pause = FIRST_PAUSE_MS;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 401) throw error;
      if (!error.isTransient) return { kind: "refused", problem: error };
      onProgress("reconnecting");
    }
    await sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

export interface Checkout {
  location: string;
  register: string;
  currency: string;
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
    const outcome = await settle(api, request, onProgress);
    if (outcome.kind === "sold") setSale({ ...currentSale(), sold: outcome.order });
    else {
      refusal = outcome.problem;
      setSale(afterRefusal(currentSale(), place.register));
    }
  });
  return refusal;
}
