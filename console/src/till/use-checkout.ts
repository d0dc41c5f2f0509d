import { useCallback, useEffect, useRef, useState } from "react";
import type { Problem } from "../core/api";
import { useShop } from "../core/shop";
import type { Progress } from "../core/settle";
import { sell, type Checkout } from "./checkout";
import { currentSale } from "./sale-store";

export interface CheckoutView {
  progress: Progress | null;
  refusal: Problem | null;
  start: () => void;
  clear: () => void;
}

/** Sell the current sale. A sale that was sent before a reload, in another tab or before a sign-in is continued. */
export function useCheckout(place: Checkout): CheckoutView {
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
  }, [start]);
  const clear = useCallback(() => setRefusal(null), []);
  return { progress, refusal, start, clear };
}
