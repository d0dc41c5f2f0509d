import { useEffect, useState } from "react";
import { Problem } from "../core/api";
import type { Quote } from "../core/responses";
import { useShop } from "../core/shop";
import type { Checkout } from "./checkout";
import { quoteKey, requestOf, type Sale } from "./sale";

const DELAY_MS = 120;
const RETRY_MS = 5_000;

export interface QuoteView {
  quote: Quote | null;
  problem: Problem | null;
  /** When the API was asked, in milliseconds since 1970. */
  at: number;
}

interface QuoteOfSale extends QuoteView {
  key: string;
}

/** Ask the API what the sale costs, shortly after its last change. `quote` is null until it is of the current sale. */
export function useQuote(sale: Sale, place: Checkout): QuoteView {
  const { api } = useShop();
  const [latest, setLatest] = useState<QuoteOfSale | null>(null);
  const { location, register, currency } = place;
  const key = quoteKey(sale);
  const request = JSON.stringify(requestOf({ ...sale, tenders: [], approvalNote: "" }, { location, register }, currency, new Date(0)));
  const isEmpty = sale.lines.length === 0;
  useEffect(() => {
    if (isEmpty) return;
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout>;
    const ask = (): void => {
      const at = Date.now();
      const body = { ...(JSON.parse(request) as object), placed_at: new Date(at).toISOString() };
      api.get("POST /quotes", { body }).then(
        (quote) => { if (isCurrent) setLatest({ key, quote, problem: null, at }); },
        (error: unknown) => {
          if (!isCurrent || !(error instanceof Problem)) return;
          setLatest({ key, quote: null, problem: error, at });
          if (error.isTransient) timer = setTimeout(ask, RETRY_MS);
        },
      );
    };
    timer = setTimeout(ask, DELAY_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [api, key, request, isEmpty]);
  return isEmpty || latest?.key !== key ? { quote: null, problem: null, at: 0 } : latest;
}
