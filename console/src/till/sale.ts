/**
 * A sale as the till keeps it: pure functions on one value.
 *
 * The order id is made when the sale begins. `sent` is the request as it was sent for the first time: whatever repeats
 * it (a reload, a second tab, a lost response) sends the same bytes, so that the API starts one checkout.
 */

import { inCoins } from "../core/money";
import type { Customer, Discount, Order, PricedOrder, Product } from "../core/responses";

export interface Line {
  sku: string;
  name: string;
  unitPrice: number;
  quantity: number;
  discount: Discount | null;
  /** The barcode of the label that has the price or weight of each unit. */
  label?: string;
}

export interface Tender {
  type: "card" | "cash" | "store_credit" | "gift_card" | "on_account";
  amount?: number;
  /** Of a card, from its terminal; of a gift card, what stands for its code. */
  token?: string;
}

export interface OrderRequest {
  order_id: string;
  location: string;
  register: string;
  currency: string;
  customer_id?: string;
  placed_at: string;
  lines: { sku: string; quantity: number; barcode?: string; discount?: Discount }[];
  discounts: Discount[];
  tenders: Tender[];
  approval_note?: string;
}

export interface Sale {
  orderId: string;
  lines: Line[];
  customer: Pick<Customer, "customer_id" | "name"> | null;
  discount: Discount | null;
  /** A manager's reason for the discounts, where they need one. */
  approvalNote?: string;
  tenders: Tender[];
  sent: OrderRequest | null;
  /** Whether the cashier has asked to cancel the sale while it was sold. */
  isCancelled?: boolean;
  sold: Order | null;
}

export const MAX_QUANTITY = 10_000;

// An order id has up to 64 characters: the rest is `ord-`, the day, and the random part.
const REGISTER_IN_ID = 38;

/** Make the id of a new order: its day, its register without characters that no id has, and a random part. */
export function newOrderId(register: string, now: Date): string {
  const name = register.replace(/[^A-Za-z0-9_-]/g, "-").slice(0, REGISTER_IN_ID);
  const random = [...crypto.getRandomValues(new Uint8Array(5))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `ord-${now.toISOString().slice(0, 10)}-${name}-${random}`;
}

export function newSale(register: string, now: Date = new Date()): Sale {
  return { orderId: newOrderId(register, now), lines: [], customer: null, discount: null, tenders: [], sent: null, sold: null };
}

/** Add one unit of a product; a line of it without a discount, and with the same label, takes it, else a new line. */
export function addProduct(sale: Sale, product: Product, currency: string): Sale {
  const price = product.prices[currency];
  if (price === undefined) return sale;
  const index = sale.lines.findIndex((line) => line.sku === product.sku && line.label === product.label && line.discount === null);
  const line = sale.lines[index];
  if (line !== undefined) return setLine(sale, index, { quantity: Math.min(line.quantity + 1, MAX_QUANTITY) });
  const label = product.label === undefined ? {} : { label: product.label };
  return { ...sale, lines: [...sale.lines, { sku: product.sku, name: product.name, unitPrice: price, quantity: 1, discount: null, ...label }] };
}

/** Change a line; a quantity of 0 removes it. */
export function setLine(sale: Sale, index: number, changes: Partial<Line>): Sale {
  const lines = sale.lines.map((line, position) => (position === index ? { ...line, ...changes } : line));
  return { ...sale, lines: lines.filter((line) => line.quantity > 0), tenders: [] };
}

/** The order as the API takes it. Without tenders it is a quote: cash pays the remainder. */
export function requestOf(sale: Sale, place: { location: string; register: string }, currency: string, now: Date): OrderRequest {
  return {
    order_id: sale.orderId,
    location: place.location,
    register: place.register,
    currency,
    ...(sale.customer === null ? {} : { customer_id: sale.customer.customer_id }),
    placed_at: now.toISOString(),
    lines: sale.lines.map(({ sku, quantity, label, discount }) => ({
      sku, quantity, ...(label === undefined ? {} : { barcode: label }), ...(discount === null ? {} : { discount }),
    })),
    discounts: sale.discount === null ? [] : [sale.discount],
    tenders: sale.tenders.length === 0 ? [{ type: "cash" }] : sale.tenders,
    ...(sale.approvalNote ? { approval_note: sale.approvalNote } : {}),
  };
}

/** What the lines cost by the till's own price list, before discounts and added tax; shown until the quote is there. */
export function estimate(sale: Sale): number {
  return sale.lines.reduce((sum, line) => sum + line.unitPrice * line.quantity, 0);
}

/** The total of a quote without the rounding of cash: what other tenders pay. */
export function exactTotal({ totals }: PricedOrder): number {
  return totals.total - (totals.rounding ?? 0);
}

export interface Due {
  /** What any tender but cash may pay. */
  exact: number;
  /** What remains in cash, which coins make up; negative is change. */
  cash: number;
}

/** What remains to be paid of a total. The part that is paid in cash is rounded, once some of it is, for every tender. */
export function due(total: number, tenders: readonly Tender[], currency: string): Due {
  const cash = sumOf(tenders.filter(({ type }) => type === "cash"));
  const rest = total - sumOf(tenders) + cash;
  const rounded = inCoins(Math.max(0, rest), currency) - cash;
  return { exact: cash === 0 ? rest : rounded, cash: rounded };
}

function sumOf(tenders: readonly Tender[]): number {
  return tenders.reduce((sum, { amount }) => sum + (amount ?? 0), 0);
}

/** Whether the quote is of these lines and discounts. */
export function quoteKey(sale: Sale): string {
  return JSON.stringify([sale.lines.map(({ sku, quantity, label, discount }) => [sku, quantity, label, discount]), sale.discount]);
}

/** Choose the customer; tenders of another one are removed. */
export function setCustomer(sale: Sale, customer: Sale["customer"]): Sale {
  return { ...sale, customer, tenders: sale.tenders.filter(({ type }) => type !== "store_credit" && type !== "on_account") };
}

/** After a refusal: the same basket under a new order id, since the refused order keeps its own. */
export function afterRefusal(sale: Sale, register: string, now: Date = new Date()): Sale {
  return { ...sale, orderId: newOrderId(register, now), sent: null, isCancelled: false, tenders: [] };
}
