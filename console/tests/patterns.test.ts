import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const patterns = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".tsx"))
  .flatMap((name) => [...readFileSync(join("src", name), "utf8").matchAll(/ pattern="([^"]*)"/g)].map(([, pattern = ""]) => pattern));

it("finds the patterns of the fields", () => {
  expect(patterns.length).toBeGreaterThan(2);
});

// A browser ignores a pattern that is none with the flag v.
it.each(patterns)("%s is a regular expression", (pattern) => {
  expect(() => new RegExp(pattern, "v")).not.toThrow();
});
