import { afterEach, expect, it, vi } from "vitest";
import { Api, Problem } from "../src/core/api";
import { languageOf } from "../src/core/i18n";
import "../src/texts/problems-de";

afterEach(() => { vi.unstubAllGlobals(); });

async function refusal(status: number, body: BodyInit): Promise<Problem> {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status, headers: { "content-type": "application/problem+json" } })));
  const api = new Api(() => Promise.resolve("token"), () => undefined);
  return await api.get("GET /orders").then(() => expect.unreachable(), (error: unknown) => error as Problem);
}

it.each([
  [429, '{"message":"Too Many Requests"}', "Busy. Try again.", "Ausgelastet. Erneut versuchen."],
  [503, '{"message":"Service Unavailable"}', "Busy. Try again.", "Ausgelastet. Erneut versuchen."],
  [504, "<html>Gateway Timeout</html>", "Busy. Try again.", "Ausgelastet. Erneut versuchen."],
  [403, '{"message":"Forbidden"}', "This needs another role.", "Das braucht eine andere Rolle."],
  [500, '{"message":"Internal Server Error"}', "Something failed. Call the operator.", "Ein Fehler ist aufgetreten. Bitte den Betreiber rufen."],
])("has a sentence for the gateway's own %i", async (status, body, english, german) => {
  const problem = await refusal(status, body);
  expect(languageOf("en").problem(problem.title, problem.cashierMessage)).toBe(english);
  expect(languageOf("de").problem(problem.title, problem.cashierMessage)).toBe(german);
});

it("has the sentence of the API where there is one", async () => {
  const problem = await refusal(503, '{"title":"StoreUnavailable","detail":"throttled","cashier_message":"Busy. Trying again."}');
  expect([problem.title, problem.cashierMessage, problem.message]).toEqual(["StoreUnavailable", "Busy. Trying again.", "throttled"]);
});
