import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Problem, type Api } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import { ShopContext, type Shop } from "../src/core/shop";
import { ApprovalsPage } from "../src/office/pages/approvals";

afterEach(cleanup);

it("offers no decision on an order that was decided elsewhere", async () => {
  setPreferences({ language: "en" });
  const approval = { purchase_order_id: "po-1", asked: "manager", asked_at: "2026-11-30T10:00:00Z", total: 100, currency: "EUR" };
  const refusal = new Problem(409, "ApprovalNotPending", "order po-1 does not wait for an approval; its status is APPROVED", "");
  const api = { get: () => Promise.resolve({ approvals: [approval], next_cursor: null }), call: () => Promise.reject(refusal) };
  const shop = { api: api as unknown as Api, config: { time_zone: "UTC" }, person: { scopes: ["manage"] } } as unknown as Shop;
  render(<ShopContext value={shop}><ApprovalsPage /></ShopContext>);
  await act(() => Promise.resolve());
  await act(async () => {
    fireEvent.click(screen.getByRole("button", { name: "Approve: po-1" }));
    await Promise.resolve();
  });
  expect(screen.getByRole("alert").textContent).toContain("its status is APPROVED");
  expect(screen.getByRole("link", { name: "Show the order" }).getAttribute("href")).toContain("po-1");
  expect(screen.queryByRole("button", { name: "Approve: po-1" })).toBeNull();
});
