import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Problem } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import { Notice } from "../src/office/parts";

afterEach(cleanup);

const REFUSED = new Problem(400, "InvalidTransfer", "lines[0].quantity is 0; expected a number of at least 1", "Not accepted.", [
  { field: "lines[0].quantity", value: 0, accepted: "a number of at least 1" },
  { field: "source", value: null, accepted: "a value" },
]);

it("names each field with its value and what is accepted, in the language of the page", () => {
  setPreferences({ language: "de" });
  render(<Notice problem={REFUSED} />);
  const german = screen.getByRole("alert").textContent;
  expect(german).toContain("Nicht angenommen. Menge ist 0; erlaubt: mindestens 1. Von: erforderlich ist ein Wert.");
  expect(german).not.toMatch(/expected|at least/);
  cleanup();
  setPreferences({ language: "en" });
  render(<Notice problem={REFUSED} />);
  expect(screen.getByRole("alert").textContent).toContain("Quantity is 0; expected a number of at least 1. From: expected a value.");
});

it("says how many wrong fields it does not name", () => {
  setPreferences({ language: "en" });
  const fields = Array.from({ length: 7 }, (_, line) => ({ field: `lines[${line}].quantity`, value: 0, accepted: "a number of at least 1" }));
  render(<Notice problem={new Problem(400, "InvalidTransfer", "lines", "Not accepted.", fields)} />);
  expect(screen.getByRole("alert").textContent).toContain("And 2 more.");
});

it("keeps the API's own sentence, which is in English, out of a German page until it is opened", () => {
  setPreferences({ language: "de" });
  render(<Notice problem={new Problem(404, "UnknownOrder", "order ord-1 does not exist", "No such order.")} />);
  const own = screen.getByText(/order ord-1 does not exist/);
  expect(own.getAttribute("lang")).toBe("en");
  expect(own.closest("details")?.open).toBe(false);
  expect(screen.getByRole("alert").textContent).toContain("Diese Bestellung gibt es nicht.");
});
