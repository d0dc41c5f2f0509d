/** Corrections of stock, with the cost of units that are found where none is on hand. */

import { Problem, type Api } from "./api";

export interface Correction {
  location: string;
  sku: string;
  [field: string]: unknown;
}

/**
 * Book a correction or a count. Without units on hand the stock has no average cost, and the API asks for one: it is
 * that of the last movement that has a cost.
 */
export async function correctLevel(api: Api, route: "POST /stock/adjustments" | "POST /stock/counts", body: Correction): Promise<void> {
  try {
    await api.call(route, { body });
  } catch (error) {
    if (!(error instanceof Problem) || !error.fields.some(({ field }) => field === "unit_cost")) throw error;
    await api.call(route, { body: { ...body, unit_cost: await lastUnitCost(api, body) } });
  }
}

/** Return the cost of a unit by the newest movement that has one; 0 if all moved units cost nothing. */
async function lastUnitCost(api: Api, { location, sku }: Correction): Promise<number> {
  const { movements } = await api.get("GET /stock/movements", { query: { location, sku } });
  const priced = movements.find(({ quantity, cost }) => quantity !== 0 && cost !== 0);
  return priced === undefined ? 0 : Math.round(Math.abs(priced.cost / priced.quantity));
}
