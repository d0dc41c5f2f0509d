import { useEffect, useState } from "react";
import { Problem } from "../core/api";
import type { PricedOrder } from "../core/responses";
import { useShop } from "../core/shop";
import type { Checkout } from "./checkout";
import { quoteKey, requestOf, type Sale } from "./sale";

const DELAY_MS = 120;

export interface QuoteView {
  quote: PricedOrder | null;
  problem: Problem | null;
}

interface Answered extends QuoteView {
  key: string;
}

/** Ask the API what the sale costs, shortly after its last change. `quote` is null until it is of the current sale. */
export function useQuote(sale: Sale, place: Checkout): QuoteView {
  const { api } = useShop();
  const [answered, setAnswered] = useState<Answered | null>(null);
  const { location, register, currency } = place;
  const key = quoteKey(sale);
  const request = JSON.stringify(requestOf({ ...sale, tenders: [] }, { location, register }, currency, new Date(0)));
  const isEmpty = sale.lines.length === 0;
  useEffect(() => {
    if (isEmpty) return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      const body = { ...(JSON.parse(request) as object), placed_at: new Date().toISOString() };
      api.get("POST /quotes", { body }).then(
        (quote) => { if (isCurrent) setAnswered({ key, quote, problem: null }); },
        (error: unknown) => { if (isCurrent && error instanceof Problem) setAnswered({ key, quote: null, problem: error }); },
      );
    }, DELAY_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [api, key, request, isEmpty]);
  return isEmpty || answered?.key !== key ? { quote: null, problem: null } : answered;
}
