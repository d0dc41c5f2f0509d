import { expect, it } from "vitest";
import { Problem } from "../src/core/api";
import { until } from "../src/office/until";

const ABSENT = new Problem(404, "UnknownPurchaseOrder", "there is no such order", "");

it("waits for a record with growing pauses", async () => {
  const pauses: number[] = [];
  let reads = 0;
  const read = (): Promise<string> => { reads += 1; return reads < 8 ? Promise.reject(ABSENT) : Promise.resolve("order"); };
  expect(await until(read, (pause) => { pauses.push(pause); return Promise.resolve(); })).toBe("order");
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
});

it("ends with the problem of a record that is not made", async () => {
  let waited = 0;
  const sleep = (pause: number): Promise<void> => { waited += pause; return Promise.resolve(); };
  await expect(until(() => Promise.reject(ABSENT), sleep)).rejects.toBe(ABSENT);
  expect(waited).toBeGreaterThan(30_000);
  expect(waited).toBeLessThan(60_000);
});

it("raises any other problem at once", async () => {
  const refused = new Problem(403, "Forbidden", "forbidden", "");
  await expect(until(() => Promise.reject(refused), () => Promise.reject(new Error("waited")))).rejects.toBe(refused);
});
