import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Api } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import { ShopContext } from "../src/core/shop";
import { StockPage } from "../src/office/pages/stock";

const api = {
  get: () => Promise.resolve({
    next_cursor: null,
    movements: [
      { at: "2026-01-02T03:04:05Z", kind: "receipt", quantity: 60, cost: 78000, currency: null, business_id: "seed", reason: "" },
      { at: "2026-01-02T03:04:05Z", kind: "receipt", quantity: 1, cost: 500, currency: "GBP", business_id: "seed", reason: "" },
    ],
  }),
} as unknown as Api;

afterEach(() => {
  cleanup();
  location.hash = "";
});

it("shows the costs of movements as amounts, also of rows without a currency", async () => {
  setPreferences({ language: "en" });
  location.hash = "#/stock/store-1/MUG";
  const config = { stack: "", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: {}, offline_limit: 0, sends_mail: false };
  const person = { username: "p", groups: [], scopes: ["manage" as const], location: "" };
  render(<ShopContext value={{ config, person, api }}><StockPage /></ShopContext>);
  await act(() => Promise.resolve());
  expect((await screen.findAllByRole("cell")).map((cell) => cell.textContent)).toEqual(expect.arrayContaining(["€780.00", "£5.00"]));
});
