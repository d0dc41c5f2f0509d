/** Parts of the till that are loaded after it, so that it opens sooner. Each is shown within a `LazyPart`. */

import { lazy } from "react";

type Parts = typeof import("./parts");

let loading: Promise<Parts> | null = null;

/** Fetch the files that the page names, then import them: an import that fails is final for the page, a fetch is not. */
async function fetchParts(): Promise<Parts> {
  await Promise.all([...document.querySelectorAll<HTMLLinkElement>("link[rel=prefetch]")].map(({ href }) => fetch(href)));
  return await import("./parts");
}

/** Load the parts once. What failed is tried again by the next call. */
export function loadParts(): Promise<Parts> {
  loading ??= fetchParts().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

export const AccountForm = lazy(async () => ({ default: (await loadParts()).AccountForm }));
export const Cardholder = lazy(async () => ({ default: (await loadParts()).Cardholder }));
export const CustomerDialog = lazy(async () => ({ default: (await loadParts()).CustomerDialog }));
export const DiscountDialog = lazy(async () => ({ default: (await loadParts()).DiscountDialog }));
export const GiftCardForm = lazy(async () => ({ default: (await loadParts()).GiftCardForm }));
export const OfflinePayment = lazy(async () => ({ default: (await loadParts()).OfflinePayment }));
export const ParkedDialog = lazy(async () => ({ default: (await loadParts()).ParkedDialog }));
export const PaymentDialog = lazy(async () => ({ default: (await loadParts()).PaymentDialog }));
export const PlaceFields = lazy(async () => ({ default: (await loadParts()).PlaceFields }));
export const QueueDialog = lazy(async () => ({ default: (await loadParts()).QueueDialog }));
export const Receipt = lazy(async () => ({ default: (await loadParts()).Receipt }));
export const StockDialog = lazy(async () => ({ default: (await loadParts()).StockDialog }));
