import type { Scope } from "./core/session";

/** The pages, and the scope that a person needs to be shown each. The gateway enforces it on every request. */
export const PAGES = {
  till: "sell",
  returns: "sell",
  orders: "read",
  invoices: "read",
  payments: "read",
  customers: "read",
  products: "read",
  stock: "read",
  counts: "manage",
  transfers: "manage",
  purchases: "manage",
  approvals: "manage",
  suppliers: "manage",
  cases: "operate",
  "dead-letters": "operate",
  executions: "operate",
  images: "read",
  deliveries: "read",
  reports: "manage",
  settings: "manage",
  users: "operate",
} as const satisfies Record<string, Scope>;

export type PageName = keyof typeof PAGES;
