import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Problem, type Api } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import type { Order } from "../src/core/responses";
import { ShopContext } from "../src/core/shop";
import ReturnsPage from "../src/returns/returns-page";
import type { ExchangeRequest, ReturnRequest } from "../src/returns/return";

const ORDER = {
  order_id: "ord-1",
  status: "PAID",
  currency: "EUR",
  returns: null,
  document: {
    customer_id: null,
    lines: [{ line_no: 1, sku: "MUG", description: "<b>Mug</b>", quantity: 2, total: 2500 }],
    totals: {},
  },
} as unknown as Order;

const PRODUCTS = [{ sku: "BEAN", name: "Beans", barcode: null, prices: { EUR: 1500 }, category: "", tax_included: true }];
const NEW_SALE = {
  ...ORDER, order_id: "ord-2", total: 1500, invoice_number: "INV-2",
  document: { lines: [], taxes: [], totals: {}, tenders: [{ tender_no: 1, type: "exchange", amount: 1250 }, { tender_no: 2, type: "cash", amount: 250 }] },
};
const RETURNED = { return_id: "ret-1", credit_note_number: "CN-1", document: null, refunds: [] };

let exchanges: ExchangeRequest[] = [];
let sent: ReturnRequest[] = [];
let responses: (Problem | number)[] = [];
let locked = 0;

const api = {
  get: (route: string) => Promise.resolve(route === "GET /products" ? { products: PRODUCTS, next_cursor: null }
    : route === "GET /settings/barcode-layouts" ? { layouts: [] } : { totals: { total: 1500 } }),
  call: (route: string, { path, body }: { path: Record<string, string>; body: ReturnRequest }) => {
    if (route === "GET /orders/{order_id}" && path.order_id !== "ord-1") return Promise.resolve({ status: 200, body: NEW_SALE, etag: null });
    if (route === "GET /returns/{return_id}") return Promise.resolve({ status: 200, body: RETURNED, etag: null });
    if (route === "POST /orders/{order_id}/exchanges") {
      exchanges.push(body as unknown as ExchangeRequest);
      return Promise.resolve({ status: 201, body: { return_id: "ret-1", order_id: "ord-2" }, etag: null });
    }
    if (route === "GET /orders/{order_id}") return Promise.resolve({ status: 200, body: ORDER, etag: null });
    sent.push(body);
    const response = responses.shift() ?? 201;
    if (response instanceof Problem) return Promise.reject(response);
    const returned = { return_id: body.return_id, status: "COMPLETED", currency: "EUR", total: 1250, credit_note_number: "CN-1" };
    return Promise.resolve({ status: response, body: { ...returned, document: null, refunds: [], completed_at: null }, etag: null });
  },
} as unknown as Api;

async function open(groups: string[]): Promise<void> {
  const config = { stack: "shop", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: {}, offline_limit: 0, sends_mail: false };
  const person = { username: "p", groups, scopes: [], location: "" };
  render(<ShopContext value={{ config, person, api }}><ReturnsPage id="ord-1" onLock={() => { locked += 1; }} /></ShopContext>);
  await act(() => Promise.resolve());
}

async function refund(): Promise<void> {
  fireEvent.click(screen.getByTestId("refund"));
  await act(() => new Promise((resolve) => { setTimeout(resolve, 0); }));
}

function chooseOneUnit(): void {
  fireEvent.change(screen.getByRole("spinbutton"), { target: { value: "1" } });
}

const WINDOW_CLOSED = new Problem(422, "ReturnWindowClosed", "", "The return window is over. A manager may allow it.");

beforeEach(() => {
  localStorage.clear();
  sent = [];
  exchanges = [];
  responses = [];
  locked = 0;
  setPreferences({ language: "en" });
});

afterEach(cleanup);

it("refunds the chosen units and shows the credit note", async () => {
  await open(["cashier"]);
  expect(screen.getByText("<b>Mug</b>")).toBeTruthy();
  chooseOneUnit();
  expect(screen.getByTestId("refund").textContent).toBe("Refund €12.50");
  await refund();
  expect(sent.map(({ lines }) => lines.map(({ quantity }) => quantity))).toEqual([[1]]);
  expect(screen.getByRole("article").textContent).toContain("CN-1");
});

it("takes the units that can be returned in place of more", async () => {
  await open(["cashier"]);
  const units = screen.getByRole<HTMLInputElement>("spinbutton");
  fireEvent.change(units, { target: { value: "3" } });
  expect([units.value, units.max]).toEqual([units.max, "2"]);
  expect(screen.getByTestId("refund").textContent).toBe("Refund €25.00");
});

it("keeps the return for a manager's sign-in when the window is over", async () => {
  responses = [WINDOW_CLOSED];
  await open(["cashier"]);
  chooseOneUnit();
  await refund();
  fireEvent.click(screen.getByText("Let a manager sign in"));
  expect(locked).toBe(1);
  cleanup();
  await open(["manager"]);
  expect(screen.getByRole("spinbutton")).toHaveProperty("value", "1");
});

it("sends a manager's reason with a new return id", async () => {
  responses = [WINDOW_CLOSED];
  await open(["manager"]);
  chooseOneUnit();
  await refund();
  fireEvent.change(screen.getByLabelText("Reason to allow it"), { target: { value: "Regular customer" } });
  await refund();
  expect(sent.map(({ override_note: note }) => note)).toEqual([undefined, "Regular customer"]);
  expect(sent[1]?.return_id).not.toBe(sent[0]?.return_id);
});

it("continues with the same request after a reload", async () => {
  responses = [new Problem(401, "SignedOut", "", "")];
  await open(["cashier"]);
  chooseOneUnit();
  await refund();
  cleanup();
  await open(["cashier"]);
  await act(() => new Promise((resolve) => { setTimeout(resolve, 0); }));
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
});

it("exchanges units for other goods, and asks for the difference alone", async () => {
  await open(["cashier"]);
  chooseOneUnit();
  fireEvent.click(screen.getByLabelText("Exchange for other goods"));
  const box = screen.getByRole("combobox", { name: "Scan or search" });
  await act(() => new Promise((resolve) => { setTimeout(resolve, 0); }));
  fireEvent.change(box, { target: { value: "BEAN" } });
  fireEvent.keyDown(box, { key: "Enter" });
  await act(() => new Promise((resolve) => { setTimeout(resolve, 200); }));
  expect(screen.getByTestId("net").textContent).toBe("€2.50");
  expect(screen.getByTestId("exchange")).toHaveProperty("disabled", true);
  fireEvent.click(screen.getByText("Cash"));
  fireEvent.click(screen.getByTestId("exchange"));
  await act(() => new Promise((resolve) => { setTimeout(resolve, 0); }));
  expect(exchanges.map(({ sale }) => sale.tenders)).toEqual([[{ type: "cash", amount: 250 }]]);
  expect(exchanges[0]?.return.lines).toMatchObject([{ line_no: 1, quantity: 1 }]);
  expect(screen.getByRole("article").textContent).toContain("Returned goods€12.50Cash€2.50Invoice INV-2");
});
