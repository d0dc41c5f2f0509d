import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { de, TILL_PROBLEMS } from "../src/texts/de";
import { MORE_PROBLEMS } from "../src/texts/problems-de";

/** The names of the API's errors that have a sentence for the person at the till. */
function errorsOf(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /(^|\/)errors\.py$/.test(name));
  return files.flatMap((name) => {
    const classes = readFileSync(join(folder, name), "utf8").split(/^class /m).slice(1);
    return classes.filter((text) => text.includes('cashier_message = "')).map((text) => /^\w+/.exec(text)?.[0] ?? "");
  });
}

const errors = errorsOf("../functions");

it("finds the errors of the API", () => {
  expect(errors.length).toBeGreaterThan(60);
});

it.each(errors)("%s has a sentence in German", (name) => {
  expect(TILL_PROBLEMS[name] ?? MORE_PROBLEMS[name]).toBeTruthy();
});

it.each(["InternalError", "PermissionMissing"])("says in German that a request failed inside (%s)", (name) => {
  expect(de.problems[name]).toBe(de.unexpected);
});

it("has no sentence twice", () => {
  expect(Object.keys(MORE_PROBLEMS).filter((name) => name in TILL_PROBLEMS)).toEqual([]);
});
