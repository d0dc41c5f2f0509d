import { useEffect, useRef, useState } from "react";
import type { ApiResponse, Api, Problem } from "../core/api";
import { preferences } from "../core/preferences";
import type { Exchanged, Order, Return } from "../core/responses";
import { settle, WAIT_SECONDS, type Progress } from "../core/settle";
import { useShop } from "../core/shop";
import type { Checkout } from "../till/checkout";
import { clearDraft, storedDraft, storeDraft } from "./draft-store";
import { exchangeOf } from "./exchange";
import { newDraft, renewed, requestOf, type Draft, type Sent } from "./return";

export type Completed = { kind: "return"; returned: Return } | { kind: "exchange"; exchanged: Exchanged };

export interface ReturnView {
  draft: Draft;
  progress: Progress | null;
  refusal: Problem | null;
  completed: Completed | null;
  change: (edit: (draft: Draft) => Partial<Draft>) => void;
  send: () => void;
}

/** Send a return or an exchange once. */
async function sendOnce(api: Api, orderId: string, sent: Sent): Promise<ApiResponse<Completed>> {
  const request = { path: { order_id: orderId }, query: { wait: WAIT_SECONDS }, body: sent.body };
  if (sent.kind === "return") {
    const response = await api.call("POST /orders/{order_id}/returns", request);
    return { ...response, body: { kind: "return", returned: response.body } };
  }
  const response = await api.call("POST /orders/{order_id}/exchanges", request);
  return { ...response, body: { kind: "exchange", exchanged: response.body } };
}

/** Return or exchange units of an order. What was sent before a reload or a sign-in is continued. onRefused: read the order again. */
export function useReturn(order: Order, place: Checkout, defaultReason: string, onRefused: () => void): ReturnView {
  const { api } = useShop();
  const [draft, setDraft] = useState(() => storedDraft(order.order_id) ?? newDraft(order.order_id, preferences().register));
  const [progress, setProgress] = useState<Progress | null>(null);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const [completed, setCompleted] = useState<Completed | null>(null);
  const isRunning = useRef(false);
  // What happens while a product is looked up is not lost: an edit begins with the latest draft.
  const latest = useRef(draft);
  const store = (next: Draft): void => {
    latest.current = next;
    storeDraft(next);
    setDraft(next);
  };
  const requestNow = (now: Draft): Sent => (now.refund === "exchange"
    ? { kind: "exchange", body: exchangeOf(now, order, place, defaultReason, new Date()) }
    : { kind: "return", body: requestOf(now, order, defaultReason) });
  const send = async (): Promise<void> => {
    const current = latest.current;
    const sent = current.sent ?? requestNow(current);
    store({ ...current, sent });
    const outcome = await settle(() => sendOnce(api, order.order_id, sent), setProgress);
    if (outcome.kind === "done") {
      clearDraft();
      setCompleted(outcome.body);
    } else {
      store(renewed(current, preferences().register));
      setRefusal(outcome.problem);
      onRefused();
    }
  };
  const start = (): void => {
    if (isRunning.current) return;
    isRunning.current = true;
    setRefusal(null);
    send().catch(() => undefined).finally(() => {
      isRunning.current = false;
      setProgress(null);
    });
  };
  const resume = useRef(start);
  useEffect(() => {
    if (storedDraft(order.order_id)?.sent != null) resume.current();
  }, [order.order_id]);
  return { draft, progress, refusal, completed, change: (edit) => store({ ...latest.current, ...edit(latest.current) }), send: start };
}
