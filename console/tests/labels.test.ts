import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { OFFICE_TEXTS } from "../src/office/texts";

type Json = Record<string, unknown>;

interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: unknown;
}

const api = JSON.parse(readFileSync("../functions/web/pages/openapi.json", "utf8")) as { paths: Record<string, Record<string, Operation>>; components: { schemas: Json } };
const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => readFileSync(join("src", name), "utf8"))
  .join("\n");

/** The names of the fields of a schema and of those in it. */
function fieldsOf(schema: unknown, seen: readonly string[] = []): string[] {
  if (Array.isArray(schema)) return schema.flatMap((one) => fieldsOf(one, seen));
  if (typeof schema !== "object" || schema === null) return [];
  const { $ref: reference, properties, ...rest } = schema as Json;
  const name = typeof reference === "string" ? reference.split("/").at(-1) ?? "" : "";
  const referred = name === "" || seen.includes(name) ? [] : fieldsOf(api.components.schemas[name], [...seen, name]);
  const own = typeof properties === "object" && properties !== null ? properties : {};
  return [...referred, ...Object.keys(own), ...fieldsOf(Object.values(own), seen), ...fieldsOf(Object.values(rest), seen)];
}

/** The fields that the console sends, which an error can name. */
function sentFields(): string[] {
  const fields = Object.entries(api.paths).flatMap(([path, operations]) => Object.entries(operations).flatMap(([method, operation]) => {
    if (!sources.includes(`"${method.toUpperCase()} ${path.replace(/^\/api/, "")}"`)) return [];
    const parameters = (operation.parameters ?? []).filter((one) => one.in !== "header").map(({ name }) => name);
    return [...parameters, ...fieldsOf(operation.requestBody)];
  }));
  return [...new Set(fields)].sort();
}

/** The fields of the columns and records of the pages. */
function shownFields(): string[] {
  const texts = [
    ...[...sources.matchAll(/field: "(\w+)"|label\("(\w+)"\)/g)].map(([, column, label]) => column ?? label ?? ""),
    ...[...sources.matchAll(/fields=\{\[([^\]]*)\]\}/g)].flatMap(([, names = ""]) => [...names.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name)),
  ];
  return [...new Set(texts)].sort();
}

it("finds the fields", () => {
  expect(sentFields()).toContain("unit_cost");
  expect(sentFields().length).toBeGreaterThan(100);
  expect(shownFields()).toEqual(expect.arrayContaining(["order_id", "promised_on", "sentence"]));
});

it.each(["en", "de"] as const)("has a name of each field in %s", (language) => {
  const { labels } = OFFICE_TEXTS[language];
  expect([...sentFields(), ...shownFields()].filter((field) => labels[field] === undefined)).toEqual([]);
});

/** The values of the fields that the pages show as words. */
function valuesOf(schema: unknown, name: string): string[] {
  if (Array.isArray(schema)) return schema.flatMap((one) => valuesOf(one, name));
  if (typeof schema !== "object" || schema === null) return [];
  const { properties = {}, enum: values, ...rest } = schema as Json;
  const own = /^(status|state|decision|asked|group|side)$/.test(name) && Array.isArray(values) ? values.map(String) : [];
  return [...own, ...Object.entries(properties as Json).flatMap(([field, one]) => valuesOf(one, field)), ...valuesOf(Object.values(rest), name)];
}

it.each(["en", "de"] as const)("has a word for each status in %s", (language) => {
  const values = [...new Set(valuesOf(api.components.schemas, ""))];
  expect(values).toEqual(expect.arrayContaining(["PAID", "WITHDRAWN", "compensation"]));
  expect(values.filter((value) => OFFICE_TEXTS[language].values[value] === undefined)).toEqual([]);
});
