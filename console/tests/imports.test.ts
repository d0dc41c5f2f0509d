import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const SOURCES = resolve(import.meta.dirname, "../src");
const FILES = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => join(SOURCES, name));

/** The modules of the console that a file imports, be it types alone. A part that is loaded later may import its loader. */
function importedBy(file: string): string[] {
  const names = [...readFileSync(file, "utf8").matchAll(/(?:from|import)\s+"(\.[^"]*)"/g)].map((match) => match[1] ?? "");
  const paths = names.map((name) => resolve(dirname(file), name));
  return FILES.filter((one) => paths.includes(one.replace(/\.tsx?$/, "")));
}

/** A circle of imports that is found from a file on, [] without one. */
function circleFrom(file: string, path: readonly string[], done: Set<string>): string[] {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  if (done.has(file)) return [];
  done.add(file);
  for (const next of importedBy(file)) {
    const circle = circleFrom(next, [...path, file], done);
    if (circle.length > 0) return circle;
  }
  return [];
}

test("no module imports itself through others", () => {
  const done = new Set<string>();
  const circles = FILES.map((file) => circleFrom(file, [], done)).filter((circle) => circle.length > 0);
  expect(FILES.length).toBeGreaterThan(50);
  expect(circles.map((circle) => circle.map((file) => relative(SOURCES, file)).join(" > "))).toEqual([]);
});
