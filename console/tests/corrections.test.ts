import { expect, it } from "vitest";
import { Problem, type Api } from "../src/core/api";
import { correctLevel } from "../src/core/corrections";

const BODY = { adjustment_id: "a-1", location: "store-1", sku: "MUG", quantity: 1 };
const NO_COST = new Problem(422, "InvalidRequest", "unit_cost is null", "", [{ field: "unit_cost", accepted: "the cost of one unit" }]);

/** An API that refuses the first correction, and has these movements, the newest first. */
function fake(refusal: Problem | null, movements: { quantity: number; cost: number }[] = []): { api: Api; sent: object[] } {
  const sent: object[] = [];
  const api = {
    get: () => Promise.resolve({ movements }),
    call: (_: string, { body }: { body: object }) => {
      sent.push(body);
      return refusal !== null && sent.length === 1 ? Promise.reject(refusal) : Promise.resolve({});
    },
  } as unknown as Api;
  return { api, sent };
}

it("books at the average of the stock while there is any", async () => {
  const { api, sent } = fake(null);
  await correctLevel(api, "POST /stock/adjustments", BODY);
  expect(sent).toEqual([BODY]);
});

it("books at the cost of the last units that had one when none is on hand", async () => {
  const { api, sent } = fake(NO_COST, [{ quantity: 0, cost: 0 }, { quantity: -2, cost: -961 }, { quantity: 5, cost: 100 }]);
  await correctLevel(api, "POST /stock/adjustments", BODY);
  expect(sent).toEqual([BODY, { ...BODY, unit_cost: 481 }]);
});

it("raises any other refusal", async () => {
  const { api, sent } = fake(new Problem(409, "InsufficientStock", "", ""));
  await expect(correctLevel(api, "POST /stock/counts", BODY)).rejects.toMatchObject({ title: "InsufficientStock" });
  expect(sent).toHaveLength(1);
});
