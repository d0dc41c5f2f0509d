/** Sales that wait while another one is sold: in localStorage, by register. */

import { newSale, type Sale } from "./sale";
import { currentSale, setSale } from "./sale-store";

export const MAX_PARKED = 10;

export interface ParkedSale {
  at: string;
  sale: Sale;
}

function keyOf(register: string): string {
  return `tillflow.parked.${register}`;
}

export function parkedSales(register: string): ParkedSale[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(register)) ?? "[]");
    return Array.isArray(stored) ? (stored as ParkedSale[]) : [];
  } catch {
    return [];
  }
}

function store(register: string, parked: ParkedSale[]): void {
  localStorage.setItem(keyOf(register), JSON.stringify(parked));
}

/** A sale as it is parked: one that was sent is continued as it is, of any other one the total can change. */
function kept(sale: Sale): Sale {
  return sale.sent === null ? { ...sale, tenders: [] } : sale;
}

/** Park the current sale and begin a new one. A sale above the limit is not parked. */
export function park(register: string, now: Date = new Date()): boolean {
  const sale = currentSale();
  const parked = parkedSales(register);
  if (sale.sold !== null || sale.lines.length === 0 || parked.length >= MAX_PARKED) return false;
  store(register, [...parked, { at: now.toISOString(), sale: kept(sale) }]);
  setSale(newSale(register, now));
  return true;
}

/** Continue a parked sale; the current one is parked in its place if it has lines. */
export function resume(register: string, orderId: string, now: Date = new Date()): void {
  const parked = parkedSales(register);
  const chosen = parked.find(({ sale }) => sale.orderId === orderId);
  const current = currentSale();
  if (chosen === undefined || current.sent !== null) return;
  const others = parked.filter((one) => one !== chosen);
  store(register, current.lines.length === 0 ? others : [...others, { at: now.toISOString(), sale: { ...current, tenders: [] } }]);
  setSale(chosen.sale);
}
