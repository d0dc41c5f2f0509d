import { expect, it } from "vitest";
import { languageOf } from "../src/core/i18n";
import { acceptedInGerman, differenceInGerman, failureInGerman, rejectionInGerman } from "../src/texts/german";

const { date } = languageOf("de", "Pacific/Auckland");
const WORDS = { cash: "Bar", retry: "Wiederholen", weight: "Gewicht" };

it.each([
  ["a number of at most 10,000", "höchstens 10.000"],
  ["a number of at most 2 decimal places", "höchstens 2 Nachkommastellen"],
  ["at most 3 items", "höchstens 3 Einträge"],
  ["at most 12.50 EUR", "höchstens 12,50 EUR"],
  ["'a', 'cash' or 'c'", "a, Bar oder c"],
  ["one of retry, done", "eins von Wiederholen, done"],
  ["a barcode with a weight above 0", "ein Strichcode mit Gewicht über 0"],
  ["a date from 2026-01-31 to 2027-01-31", "ein Tag vom 31.01.2026 bis zum 31.01.2027"],
  ["a time until 2026-11-30T11:30:00Z, by the shop's clock", "eine Zeit bis 01.12.2026, 00:30 nach der Uhr des Geschäfts"],
  ["at most 5 days from 2026-01-31", "höchstens 5 Tage ab dem 31.01.2026"],
  ["an https URL of at most 2048 characters as the address of a webhook", "eine Adresse mit https von höchstens 2048 Zeichen, als Adresse eines Webhooks"],
  ["EUR, the currency of sup-1", "EUR, die Währung von sup-1"],
  ["1 to 80 of A-Z a-z 0-9 _ -", "1 bis 80 Zeichen aus A-Z a-z 0-9 _ -"],
  ["something of a later release", "something of a later release"],
])("translates %s", (accepted, german) => {
  expect(acceptedInGerman(accepted, WORDS, date)).toBe(german);
});

it("translates why an image was rejected", () => {
  expect(rejectionInGerman("the image has 9000 x 9000 = 81000000 pixels; at most 50000000 are accepted", date))
    .toBe("Das Bild hat 9000 x 9000 = 81000000 Bildpunkte; höchstens 50000000 sind erlaubt");
  expect(rejectionInGerman("the file is SVG; accepted are JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF", date))
    .toBe("Die Datei ist SVG; angenommen werden JPEG, PNG, WebP, GIF, TIFF, HEIC und AVIF");
});

it("translates how an invoice differs", () => {
  expect(differenceInGerman("MUG-WHT-300: unit price 4.60 EUR; expected 4.50 EUR", date)).toBe("MUG-WHT-300: Preis 4,60 EUR; erwartet 4,50 EUR");
  expect(differenceInGerman("tax: amount 1234.56 EUR; expected 7 EUR", date)).toBe("Steuer: Betrag 1234,56 EUR; erwartet 7 EUR");
});

it("translates that nothing is known of a failure, not what an error said", () => {
  expect(failureInGerman("The log was not searched in time: search it for 4f-1.", date)).toBe("Das Protokoll wurde nicht rechtzeitig durchsucht: darin nach 4f-1 suchen.");
  expect(failureInGerman("ValueError: no order", date)).toBe("ValueError: no order");
});
