import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Problem, type Api } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import { ShopContext } from "../src/core/shop";
import { AccountForm } from "../src/payment/account-form";
import { Cardholder } from "../src/payment/cardholder";
import { GiftCardForm } from "../src/payment/gift-card-form";
import type { OtherTenderProps } from "../src/payment/other-tender";
import type { Tender } from "../src/till/sale";

const CODE = "ABCD1234-EFGH-5678-JKMN-9PQR";
const config = { stack: "shop", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: { "": "sandbox" }, offline_limit: 0, sends_mail: false };
const person = { username: "cashier", groups: ["cashier"], scopes: [], location: "" };

const responses = new Map<string, unknown>();
const asked: string[] = [];
const api = {
  get: (route: string) => {
    asked.push(route);
    const response = responses.get(route);
    return response instanceof Problem ? Promise.reject(response) : Promise.resolve(response);
  },
} as unknown as Api;

const onAdd = vi.fn<(tender: Tender) => void>();

function show(part: React.ReactNode): void {
  render(<ShopContext value={{ config, person, api }}>{part}</ShopContext>);
}

function propertiesOf(changes: Partial<OtherTenderProps> = {}): OtherTenderProps {
  return { customerId: "cus-ada", amount: 1250, currency: "EUR", tenders: [], onAdd, ...changes };
}

async function settle(): Promise<void> {
  await act(() => new Promise((resolve) => { setTimeout(resolve, 5); }));
}

async function checkCode(code: string, properties = propertiesOf()): Promise<void> {
  show(<GiftCardForm {...properties} />);
  const field = screen.getByLabelText("Code of the gift card");
  fireEvent.change(field, { target: { value: code } });
  fireEvent.submit(field);
  // The digest of a code takes as long as it takes.
  await waitFor(() => expect(screen.queryByRole("alert") ?? screen.queryByTestId("gift-card-balance")).not.toBeNull());
}

beforeEach(() => {
  setPreferences({ language: "en" });
  responses.clear();
  asked.length = 0;
  onAdd.mockClear();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it("pays with a gift card what its balance covers, by a token in place of the code", async () => {
  responses.set("POST /gift-cards/balance", { number: "ABCD1234", balances: { EUR: 1000 } });
  await checkCode(CODE.toLowerCase());
  expect(screen.getByTestId("gift-card-balance").textContent).toBe("€10.00");
  fireEvent.click(screen.getByText("Pay €10.00 with the gift card"));
  const tender = onAdd.mock.calls[0]?.[0];
  expect(tender).toMatchObject({ type: "gift_card", amount: 1000 });
  expect(tender?.token).toMatch(/^gift_ABCD1234_[a-p]{64}$/);
});

it("counts what the same gift card pays already", async () => {
  responses.set("POST /gift-cards/balance", { number: "ABCD1234", balances: { EUR: 1000 } });
  await checkCode(CODE);
  fireEvent.click(screen.getByText("Pay €10.00 with the gift card"));
  cleanup();
  await checkCode(CODE, propertiesOf({ tenders: [{ ...onAdd.mock.calls[0]?.[0], type: "gift_card", amount: 900 }] }));
  expect(screen.getByText("€9.00 of it pays this sale already.")).toBeTruthy();
  expect(screen.getByText<HTMLButtonElement>("Pay €1.00 with the gift card").disabled).toBe(false);
});

it("says that a gift card is used up in the currency", async () => {
  responses.set("POST /gift-cards/balance", { number: "ABCD1234", balances: { USD: 1000 } });
  await checkCode(CODE);
  expect(screen.getByRole("alert").textContent).toBe("Nothing is left on this card.");
  expect(screen.getByText<HTMLButtonElement>("Pay €0.00 with the gift card").disabled).toBe(true);
});

it("asks for no code that is none", async () => {
  await checkCode("9780201379624");
  expect(screen.getByRole("alert").textContent).toBe("A gift card's code has 24 letters and digits.");
  expect(asked).toEqual([]);
});

it("shows the sentence of an unknown gift card, and keeps what was typed", async () => {
  responses.set("POST /gift-cards/balance", new Problem(404, "UnknownGiftCard", "", "No such gift card. Check the code."));
  await checkCode(CODE);
  expect(screen.getByRole("alert").textContent).toBe("No such gift card. Check the code.");
  expect(screen.getByLabelText<HTMLInputElement>("Code of the gift card").value).toBe(CODE);
});

const ACCOUNT = "GET /customers/{customer_id}/accounts/{currency}";

it("sells on account within the limit", async () => {
  responses.set(ACCOUNT, { credit_limit: 5000, available: 2000, reserved: 500, owed: 2500 });
  show(<AccountForm {...propertiesOf()} />);
  await settle();
  fireEvent.click(screen.getByText("€12.50 on account"));
  expect(onAdd.mock.calls).toEqual([[{ type: "on_account", amount: 1250 }]]);
  expect(screen.queryByRole("alert")).toBeNull();
});

it("offers no more on account than the limit leaves after the tenders of this sale", async () => {
  responses.set(ACCOUNT, { credit_limit: 5000, available: 2000, reserved: 0, owed: 3000 });
  show(<AccountForm {...propertiesOf({ tenders: [{ type: "on_account", amount: 1000 }] })} />);
  await settle();
  expect(screen.getByRole("alert").textContent).toContain("Above the limit: €10.00 at most.");
  expect(screen.getByText<HTMLButtonElement>("€10.00 on account").disabled).toBe(false);
});

it.each([
  [{ credit_limit: 1000, available: -200, reserved: 0, owed: 1200 }, "The limit is reached."],
  [{ credit_limit: 0, available: 0, reserved: 0, owed: 0 }, "This customer does not buy on account."],
])("sells nothing on account with %o", async (account, sentence) => {
  responses.set(ACCOUNT, account);
  show(<AccountForm {...propertiesOf()} />);
  await settle();
  expect(screen.getByRole("alert").textContent).toContain(sentence);
  expect(screen.queryAllByRole("button").filter((button) => !(button as HTMLButtonElement).disabled)).toEqual([]);
});

it("asks for the customer of a sale on account", () => {
  const choose = vi.fn();
  show(<AccountForm {...propertiesOf({ customerId: undefined, onChooseCustomer: choose })} />);
  fireEvent.click(screen.getByText("Choose customer"));
  expect(choose).toHaveBeenCalledOnce();
  expect(asked).toEqual([]);
});

const TENDERS = "GET /orders/{order_id}/tenders";
const ADDRESS = "https://bank.example/confirm?payment=1";

async function awaitCardholder(url: string, cancel?: () => void): Promise<void> {
  vi.useFakeTimers();
  responses.set(TENDERS, [{ tender_no: 1, type: "card", state: "authorising", amount: 1250, action_url: url }]);
  const since = new Date(Date.now() - 60_000).toISOString();
  show(<Cardholder orderId="ord-1" since={since} {...(cancel === undefined ? {} : { onCancel: cancel })} />);
  await act(() => vi.advanceTimersByTimeAsync(2_100));
}

it("shows where the cardholder confirms, as a link and as a code, and how long it is waited for", async () => {
  await awaitCardholder(ADDRESS);
  expect(screen.getByRole("link", { name: "Open the bank's page" }).getAttribute("href")).toBe(ADDRESS);
  expect(screen.getByRole("img", { name: "Code that opens the bank's page" })).toBeTruthy();
  expect(screen.getByText("13:58 left to confirm")).toBeTruthy();
  expect(screen.queryByText("Cancel the sale")).toBeNull();
});

it("lets the cashier cancel while the cardholder has not confirmed", async () => {
  const cancel = vi.fn();
  await awaitCardholder(ADDRESS, cancel);
  fireEvent.click(screen.getByText("Cancel the sale"));
  expect(cancel).toHaveBeenCalledOnce();
});

it.each(["", "javascript:alert(1)", "http://bank.example/confirm"])("opens nothing for the address %o", async (url) => {
  await awaitCardholder(url);
  expect(screen.queryByRole("link")).toBeNull();
  expect(asked).toContain(TENDERS);
});
