import { expect, it } from "vitest";
import { directionOf } from "../src/core/i18n";

it.each([
  ["en", "ltr"], ["de", "ltr"], ["de-AT", "ltr"], ["az", "ltr"], ["uz-Latn-AF", "ltr"], ["tr", "ltr"],
  ["ar", "rtl"], ["ar-EG", "rtl"], ["he", "rtl"], ["fa", "rtl"], ["ur-PK", "rtl"], ["az-Arab", "rtl"], ["yi", "rtl"], ["dv", "rtl"],
])("writes %s from %s", (code, direction) => {
  expect(directionOf(code)).toBe(direction);
});
