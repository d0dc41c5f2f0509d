import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Api } from "../src/core/api";
import { Problem } from "../src/core/api";
import { ShopContext, type Shop } from "../src/core/shop";
import { MOST_ROWS, useList, type ListView } from "../src/office/use-api";

type Answer = (body: unknown) => void;

/** A list whose requests the test answers: the oldest one, or that at a position. */
async function open(): Promise<{ list: () => ListView; answer: (body: unknown, position?: number) => Promise<void>; filter: (status: string) => void }> {
  const waiting: Answer[] = [];
  const api = {
    get: () => new Promise((resolve, reject) => {
      waiting.push((body) => {
        if (body instanceof Problem) reject(body);
        else resolve(body);
      });
    }),
  } as unknown as Api;
  const shop = { api, config: {}, person: {} } as unknown as Shop;
  const { result, rerender } = renderHook(({ status }) => useList("GET /orders", { status }), {
    initialProps: { status: "PAID" },
    wrapper: ({ children }: { children: React.ReactNode }) => <ShopContext value={shop}>{children}</ShopContext>,
  });
  const answer = (body: unknown, position = 0): Promise<void> => act(async () => {
    waiting.splice(position, 1)[0]?.(body);
    await Promise.resolve();
  });
  await act(() => Promise.resolve());
  return { list: () => result.current, answer, filter: (status) => rerender({ status }) };
}

function page(count: number, cursor: string | null): object {
  return { orders: Array.from({ length: count }, (_, number) => ({ order_id: `${cursor}-${number}` })), next_cursor: cursor };
}

it("leaves the first rows out of a list that is read far", async () => {
  const { list, answer } = await open();
  await answer(page(MOST_ROWS, "a"));
  expect(list().isCut).toBe(false);
  act(() => list().more?.());
  await answer(page(10, "b"));
  expect(list().rows.length).toBe(MOST_ROWS);
  expect(list().rows.at(-1)).toEqual({ order_id: "b-9" });
  expect(list().isCut).toBe(true);
});

it("ignores further rows of a list whose filters were changed meanwhile", async () => {
  const { list, answer, filter } = await open();
  await answer(page(1, "a"));
  act(() => list().more?.());
  filter("REJECTED");
  await answer(page(2, null), 1);
  await answer(page(1, "of the list before"));
  expect(list().rows.length).toBe(2);
  expect(list().isLoading).toBe(false);
});

it("reads further rows again that could not be read", async () => {
  const { list, answer } = await open();
  await answer(page(1, "a"));
  act(() => list().more?.());
  await answer(new Problem(503, "Busy", "", ""));
  expect(list().problem?.title).toBe("Busy");
  act(() => list().more?.());
  await answer(page(1, null));
  expect([list().rows.length, list().problem, list().more]).toEqual([2, null, null]);
});
