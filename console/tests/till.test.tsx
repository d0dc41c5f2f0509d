import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { Problem, type Api } from "../src/core/api";
import { ShopContext } from "../src/core/shop";
import { setPreferences } from "../src/core/preferences";
import type { Order, Product } from "../src/core/responses";
import { loadParts } from "../src/till/lazy-parts";
import { newSale, type OrderRequest } from "../src/till/sale";
import { currentSale, setSale } from "../src/till/sale-store";
import { TillPage } from "../src/till/till-page";

const PRODUCTS: Product[] = [
  { sku: "MUG-1", name: "<img src=x onerror=alert(1)>", barcode: "9780201379624", prices: { EUR: 1250 }, category: "", tax_included: true },
  { sku: "CHEESE", name: "Cheese", barcode: "2112345000008", prices: { EUR: 2000 }, category: "", tax_included: true },
  { sku: "BEAN-1", name: "Beans", barcode: null, prices: { EUR: 900 }, category: "", tax_included: true },
];

const LAYOUTS = [{ prefix: "21", content: "price", item_digits: 5, check_digit: true, currency: "EUR" }];

function quoteOf(request: OrderRequest): object {
  const total = request.lines.reduce((sum, line) => sum + line.quantity * (line.sku === "MUG-1" ? 1250 : 900), 0);
  const approval = request.discounts.length === 0 ? "none" : request.discounts[0]?.percent === "100" ? "refused" : "manager";
  return { lines: [], tenders: [], taxes: [], discount_approval: approval, totals: { subtotal: total, discount: 0, net: total, tax: 0, total } };
}

let sold: OrderRequest[] = [];

const api = {
  get: (route: string, { body }: { body?: OrderRequest }) => {
    if (route === "GET /products") return Promise.resolve({ products: PRODUCTS, next_cursor: null });
    if (route === "GET /settings/barcode-layouts") return Promise.resolve({ layouts: LAYOUTS });
    if (route === "POST /quotes" && body !== undefined) return Promise.resolve(quoteOf(body));
    return Promise.reject(new Problem(404, "UnknownProduct", route, ""));
  },
  call: (_: string, { body }: { body: OrderRequest }) => {
    sold.push(body);
    const order = { order_id: body.order_id, status: "PAID", currency: "EUR", total: 1250, document: null, location: "store-1" };
    return Promise.resolve({ status: 201, body: order as Order, etag: null });
  },
} as unknown as Api;

const lock = vi.fn();

async function open(group = "cashier"): Promise<void> {
  const config = { stack: "shop", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: { "": "sandbox" }, offline_limit: 20000, sends_mail: false };
  const person = { username: group, groups: [group], scopes: [], location: "store-1" };
  render(<ShopContext value={{ config, person, api }}><TillPage onLock={lock} /></ShopContext>);
  await act(() => Promise.resolve());
}

async function settleQuote(): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(200));
}

function scan(code: string): void {
  const box = screen.getByRole("combobox");
  fireEvent.change(box, { target: { value: code } });
  fireEvent.keyDown(box, { key: "Enter" });
}

/** Open the payment, which is in a file of its own. */
async function pay(): Promise<void> {
  fireEvent.click(screen.getByText("Pay"));
  await settleQuote();
}

beforeAll(async () => { await loadParts(); });

beforeEach(() => {
  vi.useFakeTimers();
  sold = [];
  setPreferences({ language: "en" });
  setSale(newSale("till-1"));
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it("has the focus in the scan box, and again after a scan", async () => {
  await open();
  scan("9780201379624");
  await settleQuote();
  expect(document.activeElement).toBe(screen.getByRole("combobox"));
  expect(currentSale().lines.map((line) => line.sku)).toEqual(["MUG-1"]);
});

it("shows a product's name as text, whatever it contains", async () => {
  await open();
  scan("MUG-1");
  expect(screen.getByText(PRODUCTS[0]?.name ?? "")).toBeTruthy();
  expect(document.querySelector("img")).toBeNull();
});

it("says that a code is unknown", async () => {
  await open();
  scan("nothing-has-this");
  await settleQuote();
  expect(screen.getByRole("status").textContent).toContain("nothing-has-this");
});

it("finds a product by a word of its name", async () => {
  await open();
  const box = screen.getByRole("combobox");
  fireEvent.change(box, { target: { value: "bea" } });
  fireEvent.keyDown(box, { key: "Enter" });
  expect(currentSale().lines.map((line) => line.sku)).toEqual(["BEAN-1"]);
});

it("sells once for a double click", async () => {
  await open();
  scan("MUG-1");
  await settleQuote();
  await pay();
  fireEvent.click(screen.getByText("€20.00"));
  expect(screen.getByTestId("due").textContent).toBe("€7.50");
  const complete = screen.getByText("Complete the sale");
  fireEvent.click(complete);
  fireEvent.click(complete);
  await settleQuote();
  expect(sold.map((request) => request.tenders)).toEqual([[{ type: "cash", amount: 2000 }]]);
  vi.useRealTimers();
  expect(await screen.findByText("Next sale")).toBeTruthy();
});

async function openDiscounted(group: string, percent: string): Promise<void> {
  await open(group);
  scan("MUG-1");
  act(() => setSale({ ...currentSale(), discount: { percent } }));
  await settleQuote();
}

it("lets a manager sign in for a discount above the cashier's limit", async () => {
  await openDiscounted("cashier", "20");
  expect(screen.getByText<HTMLButtonElement>("Pay").disabled).toBe(true);
  fireEvent.click(screen.getByText("Let a manager sign in"));
  expect(lock).toHaveBeenCalledOnce();
});

it("sends a manager's reason for a discount above the cashier's limit", async () => {
  await openDiscounted("manager", "20");
  const button = screen.getByText<HTMLButtonElement>("Pay");
  expect(button.disabled).toBe(true);
  fireEvent.change(screen.getByLabelText("Reason for the discount"), { target: { value: " dented box " } });
  expect(button.disabled).toBe(false);
  await pay();
  fireEvent.click(screen.getByText("€20.00"));
  fireEvent.click(screen.getByText("Complete the sale"));
  await settleQuote();
  expect(sold.map((request) => request.approval_note)).toEqual(["dented box"]);
});

it("sends no reason once the discount needs none", async () => {
  await openDiscounted("manager", "20");
  fireEvent.change(screen.getByLabelText("Reason for the discount"), { target: { value: "dented box" } });
  await pay();
  act(() => setSale({ ...currentSale(), discount: null }));
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  await settleQuote();
  await pay();
  fireEvent.click(screen.getByText("€20.00"));
  fireEvent.click(screen.getByText("Complete the sale"));
  await settleQuote();
  expect(sold.map((request) => "approval_note" in request)).toEqual([false]);
});

it("refuses a discount above what a manager may give", async () => {
  await openDiscounted("manager", "100");
  expect(screen.getByText<HTMLButtonElement>("Pay").disabled).toBe(true);
  expect(screen.getByText("The discount is above what anybody may give.")).toBeTruthy();
});

it("sells what a label is scanned of at the label's price", async () => {
  await open();
  scan("2112345928753");
  await settleQuote();
  expect(screen.getByRole("row", { name: /Cheese/ }).textContent).toContain("28.75");
  expect(currentSale().lines).toMatchObject([{ sku: "CHEESE", label: "2112345928753", unitPrice: 2875 }]);
});

it("says why a label is not sold", async () => {
  await open();
  scan("2112345828756");
  await settleQuote();
  expect(screen.getByText(/The label 2112345828756 cannot be read/)).toBeTruthy();
  scan("CHEESE");
  await settleQuote();
  expect(screen.getByText(/Cheese is sold by its label/)).toBeTruthy();
  expect(currentSale().lines).toEqual([]);
});
