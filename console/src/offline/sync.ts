/** Send the queued sales, one after another, each once. */

import { Problem, type Api } from "../core/api";
import { WAIT_SECONDS } from "../core/settle";
import { orderAtChargedPrice } from "./rules";
import { queuedSales, removeQueued, updateQueued, type QueuedSale } from "./queue";

/** Return the order of a queued sale as it is sent: priced and stored the first time, the stored one afterwards. */
async function prepared(api: Api, sale: QueuedSale): Promise<{ order: QueuedSale["order"]; overpaid: number }> {
  if (sale.sent !== null) return { order: sale.sent, overpaid: sale.overpaid };
  const quote = await api.get("POST /quotes", { body: sale.order });
  const { order, overpaid } = orderAtChargedPrice(sale, quote.totals.total);
  updateQueued(sale.order.order_id, { sent: order, overpaid });
  return { order, overpaid };
}

/** Send one sale. A refusal stays in the queue, and so does a sale that was paid above its price, for a person to see. */
async function send(api: Api, sale: QueuedSale): Promise<void> {
  const id = sale.order.order_id;
  try {
    const { order, overpaid } = await prepared(api, sale);
    let status = 202;
    while (status !== 201) ({ status } = await api.call("POST /orders", { query: { wait: WAIT_SECONDS }, body: order }));
    if (overpaid === 0) removeQueued(id);
    else updateQueued(id, { state: "overpaid" });
  } catch (error) {
    if (!(error instanceof Problem) || error.isTransient || error.status === 401) throw error;
    updateQueued(id, { state: "refused", refusal: { title: error.title, message: error.cashierMessage } });
  }
}

/** Send every sale that waits. Raises the Problem of a lost connection or of a session that ended. One tab sends at a time. */
export async function sendQueuedSales(api: Api): Promise<void> {
  await navigator.locks.request("tillflow.queue", async () => {
    for (const sale of queuedSales()) {
      if (sale.state === "waiting") await send(api, sale);
    }
  });
}
