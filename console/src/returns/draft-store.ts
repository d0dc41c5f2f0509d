/** The return that this browser has open, in localStorage: it survives a reload and another person's sign-in. */

import type { Draft } from "./return";

const KEY = "tillflow.return";

/** Return the stored draft of an order, null without one. */
export function storedDraft(orderId: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(KEY) ?? "null") as Draft | null;
    return draft?.orderId === orderId && Array.isArray(draft.sale.lines) ? draft : null;
  } catch {
    return null;
  }
}

export function storeDraft(draft: Draft): void {
  localStorage.setItem(KEY, JSON.stringify(draft));
}

export function clearDraft(): void {
  localStorage.removeItem(KEY);
}
