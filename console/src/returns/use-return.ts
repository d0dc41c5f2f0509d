import { useEffect, useRef, useState } from "react";
import type { Problem } from "../core/api";
import type { Order, Return } from "../core/responses";
import { settle, WAIT_SECONDS, type Progress } from "../core/settle";
import { useShop } from "../core/shop";
import { clearDraft, storedDraft, storeDraft } from "./draft-store";
import { newDraft, renewed, requestOf, type Draft } from "./return";

export interface ReturnView {
  draft: Draft;
  progress: Progress | null;
  refusal: Problem | null;
  completed: Return | null;
  change: (changes: Partial<Draft>) => void;
  send: () => void;
}

/** Return units of an order. A return that was sent before a reload or a sign-in is continued. */
export function useReturn(order: Order, defaultReason: string): ReturnView {
  const { api } = useShop();
  const [draft, setDraft] = useState(() => storedDraft(order.order_id) ?? newDraft(order.order_id));
  const [progress, setProgress] = useState<Progress | null>(null);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const [completed, setCompleted] = useState<Return | null>(null);
  const isRunning = useRef(false);
  const store = (next: Draft): void => {
    storeDraft(next);
    setDraft(next);
  };
  const send = async (): Promise<void> => {
    const request = draft.sent ?? requestOf(draft, order, defaultReason);
    store({ ...draft, sent: request });
    const outcome = await settle(() => api.call("POST /orders/{order_id}/returns", {
      path: { order_id: order.order_id }, query: { wait: WAIT_SECONDS }, body: request,
    }), setProgress);
    if (outcome.kind === "done") {
      clearDraft();
      setCompleted(outcome.body);
    } else {
      store(renewed(draft));
      setRefusal(outcome.problem);
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
  return { draft, progress, refusal, completed, change: (changes) => store({ ...draft, ...changes }), send: start };
}
