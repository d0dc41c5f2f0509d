import { expect, it } from "vitest";
import { languageOf } from "../src/core/i18n";
import { loadParts } from "../src/till/lazy-parts";

it("has the sentences of the other errors once the later parts of the till are loaded", async () => {
  const { problem } = languageOf("de");
  expect(problem("PaymentDeclined", "")).toBe("Zahlung abgelehnt. Bitte anders bezahlen.");
  await loadParts();
  expect(problem("MailRefused", "The mail was not accepted.")).toBe("Die Mail wurde nicht angenommen. Die Adresse prüfen.");
});
