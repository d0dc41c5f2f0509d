import { describe, expect, it } from "vitest";
import { inCoins, likelyCash } from "../src/core/money";
import { due, exactTotal, newSale, setCustomer, type Tender } from "../src/till/sale";
import type { PricedOrder } from "../src/core/responses";

const card = (amount: number): Tender => ({ type: "card", token: "tok_visa", amount });
const cash = (amount: number): Tender => ({ type: "cash", amount });

describe("due", () => {
  it.each<[string, Tender[], { exact: number; cash: number }]>([
    ["EUR", [], { exact: 1237, cash: 1237 }],
    ["CHF", [], { exact: 1237, cash: 1235 }],
    ["CHF", [card(501)], { exact: 736, cash: 735 }],
    ["CHF", [cash(500)], { exact: 735, cash: 735 }],
    ["CHF", [cash(500), card(735)], { exact: 0, cash: 0 }],
    ["CHF", [card(1237)], { exact: 0, cash: 0 }],
    ["CHF", [cash(2000)], { exact: -765, cash: -765 }],
    ["SEK", [], { exact: 1237, cash: 1200 }],
    ["JPY", [cash(2000)], { exact: -763, cash: -763 }],
  ])("of 1237 %s with %o", (currency, tenders, expected) => {
    expect(due(1237, tenders, currency)).toEqual(expected);
  });

  it("is of the total that a card pays, which is not rounded", () => {
    expect(exactTotal({ totals: { total: 1235, rounding: -2 } } as PricedOrder)).toBe(1237);
  });
});

it.each([[1237, "CHF", 1235], [1238, "CHF", 1240], [2, "CHF", 0], [1250, "SEK", 1300], [1237, "KWD", 1237]])(
  "makes %i %s %i in coins", (amount, currency, expected) => expect(inCoins(amount, currency)).toBe(expected),
);

it.each([
  [1250, "JPY", [1250, 1500, 2000, 5000, 10000]],
  [12_345, "KWD", [12_345, 15_000, 20_000, 50_000, 100_000]],
  [48_000, "EUR", [48_000, 50_000, 60_000, 100_000]],
])("offers notes of the size of %i %s", (amount, currency, expected) => expect(likelyCash(amount, currency)).toEqual(expected));

it("keeps the tenders of anybody when the customer is chosen", () => {
  const tenders: Tender[] = [card(500), { type: "store_credit", amount: 100 }, { type: "on_account", amount: 200 }];
  expect(setCustomer({ ...newSale("till-1"), tenders }, null).tenders).toEqual([card(500)]);
});
