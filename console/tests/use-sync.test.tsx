import { act, cleanup, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Api } from "../src/core/api";
import { setReached, useReached } from "../src/core/connection";
import { ShopContext } from "../src/core/shop";
import { useSync } from "../src/offline/use-sync";

const config = { stack: "", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: {}, offline_limit: 0, sends_mail: false };
const api = {} as unknown as Api;
const person = { username: "p", groups: [], scopes: [], location: "" };

function Shop({ children }: { children: ReactNode }): ReactNode {
  return <ShopContext value={{ config, person, api }}>{children}</ShopContext>;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response("{}"))));
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  setReached(true);
});

it("is without a connection for a second after the browser lost it, then looks for it", async () => {
  const { result } = renderHook(() => {
    useSync();
    return useReached();
  }, { wrapper: Shop });
  act(() => { window.dispatchEvent(new Event("offline")); });
  await act(() => vi.advanceTimersByTimeAsync(900));
  expect([result.current, vi.mocked(fetch).mock.calls.length]).toEqual([false, 0]);
  await act(() => vi.advanceTimersByTimeAsync(200));
  expect([result.current, vi.mocked(fetch).mock.calls.length]).toEqual([true, 1]);
});
