import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { hrefOf, parseRoute } from "../src/core/router";

interface OpenApi {
  paths: Record<string, Record<string, unknown>>;
}

const source = readFileSync("src/core/responses.ts", "utf8");
const used = [...source.matchAll(/"((?:GET|POST|PUT|PATCH) \/[^"]*)":/g)].map((match) => match[1] ?? "");
const api = JSON.parse(readFileSync("../functions/web/pages/openapi.json", "utf8")) as OpenApi;

it.each(used)("%s is a route of the API", (route) => {
  const [method = "", path = ""] = route.split(" ");
  expect(Object.keys(api.paths[`/api${path}`] ?? {})).toContain(method.toLowerCase());
});

it("reads the address that it writes", () => {
  const href = hrefOf("orders", "a/b c", { status: "PAID", day: "" });
  const { page, id, query } = parseRoute(href);
  expect([page, id, query.toString()]).toEqual(["orders", "a/b c", "status=PAID"]);
});

it("opens the till without a route, and any text without an error", () => {
  expect(parseRoute("").page).toBe("till");
  expect(parseRoute("#/orders/%E0%A4%A").id).toBe("%E0%A4%A");
});
