import { useCallback, useEffect, useRef, useState } from "react";
import type { Problem } from "../core/api";
import { useShop } from "../core/shop";
import type { Progress } from "../core/settle";
import { cancelSale, sell, type Checkout } from "./checkout";
import { currentSale } from "./sale-store";

export interface CheckoutView {
  progress: Progress | null;
  refusal: Problem | null;
  start: () => void;
  cancel: () => void;
  clear: () => void;
}

/** Sell the current sale. One that was sent before a reload, a sign-in, in another tab or until it was parked is continued. */
export function useCheckout(place: Checkout, orderId: string): CheckoutView {
  const { api } = useShop();
  const [progress, setProgress] = useState<Progress | null>(null);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const isRunning = useRef(false);
  const { location, register, currency } = place;
  const start = useCallback(() => {
    if (isRunning.current) return;
    isRunning.current = true;
    setRefusal(null);
    setProgress("sending");
    sell(api, { location, register, currency }, setProgress)
      .then(setRefusal, () => undefined)
      .finally(() => {
        isRunning.current = false;
        setProgress(null);
      });
  }, [api, location, register, currency]);
  useEffect(() => {
    const sale = currentSale();
    if (sale.sent !== null && sale.sold === null) start();
  }, [start, orderId]);
  const clear = useCallback(() => setRefusal(null), []);
  const cancel = useCallback(() => { cancelSale(api).catch(() => undefined); }, [api]);
  return { progress, refusal, start, cancel, clear };
}
