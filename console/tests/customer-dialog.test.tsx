import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Api } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import { ShopContext } from "../src/core/shop";
import { CustomerDialog } from "../src/till/customer-dialog";

afterEach(cleanup);

const customers = Array.from({ length: 53 }, (_, number) => ({ customer_id: `cus-${String(number)}`, name: `Customer ${String(number)}` }));
const api = { get: () => Promise.resolve({ customers, next_cursor: null }) } as unknown as Api;

it("says how many customers it does not show, and finds them by the filter", async () => {
  setPreferences({ language: "en" });
  const config = { stack: "", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: {}, offline_limit: 0, sends_mail: false };
  const person = { username: "p", groups: [], scopes: [], location: "" };
  render(<ShopContext value={{ config, person, api }}><CustomerDialog onChoose={vi.fn()} onClose={vi.fn()} /></ShopContext>);
  await act(() => new Promise((resolve) => { setTimeout(resolve, 0); }));
  expect(screen.queryByText("Customer 52")).toBeNull();
  expect(screen.getByText("And 3 more, which the filter finds.")).toBeTruthy();
  fireEvent.change(screen.getByLabelText("Filter by name or id"), { target: { value: "customer 52" } });
  expect(screen.getByText("Customer 52")).toBeTruthy();
  expect(screen.queryByText(/more, which/)).toBeNull();
});
