import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Problem, type Api, type ApiResponse } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import type { ExecutionProgress } from "../src/core/responses";
import type { Scope } from "../src/core/session";
import { ShopContext } from "../src/core/shop";
import { MergedInto } from "../src/office/pages/customer-merge";

let responses: (Partial<ExecutionProgress> | Problem)[] = [];
let asked: string[] = [];

const api = {
  call: (route: string, { path }: { path: Record<string, string> }): Promise<ApiResponse<unknown>> => {
    asked.push(`${route} ${path.execution ?? ""}`);
    const next = responses.length > 1 ? responses.shift() : responses[0];
    if (next instanceof Problem) return Promise.reject(next);
    const body = { status: "RUNNING", waits: false, error: null, cause: null, ...next };
    return Promise.resolve({ status: 200, body, etag: null });
  },
} as unknown as Api;

async function open(scopes: Scope[]): Promise<void> {
  const config = { stack: "", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: {}, offline_limit: 0, sends_mail: false };
  const person = { username: "p", groups: [], scopes, location: "" };
  render(<ShopContext value={{ config, person, api }}><MergedInto survivorId="cus-1" mergeId="mrg-1" /></ShopContext>);
  await act(() => vi.advanceTimersByTimeAsync(0));
}

beforeEach(() => {
  vi.useFakeTimers();
  responses = [];
  asked = [];
  setPreferences({ language: "en" });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it("follows the workflow of a merge until everything has moved", async () => {
  responses = [{}, {}, { status: "SUCCEEDED" }];
  await open(["read", "manage"]);
  expect(screen.getByRole("status").textContent).toContain("are being moved");
  await act(() => vi.advanceTimersByTimeAsync(1_100));
  await act(() => vi.advanceTimersByTimeAsync(1_100));
  expect(screen.getByRole("status").textContent).toContain("are with the other one");
  const reads = asked.length;
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect([asked.length, asked[0]]).toEqual([reads, "GET /executions/{execution}/progress mrg-1"]);
});

it("names the case that a merge waits for", async () => {
  responses = [{ waits: true }];
  await open(["read", "manage"]);
  expect(screen.getByRole("link", { name: "Show the cases" })).toBeTruthy();
});

it("says when not everything has moved", async () => {
  responses = [{ status: "FAILED", error: "CaseGivenUp" }];
  await open(["read", "manage"]);
  expect(screen.getByRole("alert").textContent).toBe("Not everything has moved: its execution has to be redriven. Error: CaseGivenUp");
});

it("shows the survivor alone to who may not follow it, and once the execution is deleted", async () => {
  await open(["read", "sell"]);
  expect([screen.queryByRole("status"), asked]).toEqual([null, []]);
  cleanup();
  responses = [new Problem(404, "UnknownExecution", "", "")];
  await open(["read", "manage"]);
  expect(screen.queryByRole("status")).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
  expect(screen.getByRole("link", { name: "Show cus-1" })).toBeTruthy();
});
