import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Problem, type Api } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import type { Image } from "../src/core/responses";
import { ShopContext } from "../src/core/shop";
import { ImageUpload } from "../src/office/pages/image-upload";

const SENTENCE = "the file is SVG; accepted are JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF";
const BEFORE: Image = { key: "products/MUG/a.png", status: "READY", updated_at: "2026-01-02T03:04:05Z", sentence: null, outputs: [] };
const REJECTED: Image = { ...BEFORE, status: "REJECTED", updated_at: "2026-01-02T03:05:00Z", sentence: SENTENCE };

/** What the details of the object are, read after read; null while it has none. */
let details: (Image | null)[] = [];

const api = {
  get: (route: string) => {
    if (route === "POST /images/uploads") return Promise.resolve({ key: BEFORE.key, url: "https://storage.example/", fields: {} });
    const image = details.length > 1 ? details.shift() : details[0];
    return image ? Promise.resolve(image) : Promise.reject(new Problem(404, "UnknownImage", "", ""));
  },
} as unknown as Api;

vi.mock("../src/core/settle", () => ({ pauseFor: () => Promise.resolve() }));

beforeEach(() => {
  setPreferences({ language: "de" });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response()));
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function send(): void {
  const config = { stack: "shop", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: {}, offline_limit: 0, sends_mail: false };
  const person = { username: "p", groups: [], scopes: [], location: "" };
  render(<ShopContext value={{ config, person, api }}><ImageUpload onDone={() => undefined} /></ShopContext>);
  fireEvent.change(screen.getByLabelText("Artikelnummer"), { target: { value: "MUG" } });
  fireEvent.change(screen.getByLabelText("Bilddatei"), { target: { files: [new File(["<svg>"], "a.png", { type: "image/png" })] } });
  fireEvent.submit(screen.getByRole("form", { name: "Hochladen" }));
}

it("says in the language of the page why an image is rejected, and not that it is done", async () => {
  details = [null, null, REJECTED];
  send();
  expect(await screen.findByText(/Die Datei ist SVG; angenommen werden JPEG/)).toBeTruthy();
  expect(screen.queryByText("Erledigt.")).toBeNull();
});

it("waits for another row than the one before, whatever the clock of the device says", async () => {
  // The clock of the device is years ahead of the times of the rows.
  details = [BEFORE, BEFORE, REJECTED];
  send();
  expect(await screen.findByText(/Die Datei ist SVG/)).toBeTruthy();
});
