import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Api, Request } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import type { DeadLetter } from "../src/core/responses";
import { ShopContext } from "../src/core/shop";
import { DeadLetterQueuePage } from "../src/office/pages/dead-letters";

let waiting: DeadLetter[] = [];
let sent: { route: string; request: Request }[] = [];
let redrivable = true;

function letter(id: string): DeadLetter {
  const failure = { reason: "ValueError: no order", failed_at: "2026-01-02T03:04:05Z", attempts: 5 };
  return { message_id: id, sent_at: null, body: '{"order":"<b>ord-1</b>"}', shortened: false, attributes: { RULE_ARN: "arn:rule" }, failure };
}

function take(count: number): string[] {
  return waiting.splice(0, count).map(({ message_id: id }) => id);
}

const api = {
  get: (route: string, request: Request = {}) => {
    if (route === "GET /dead-letters/{queue}/messages") return Promise.resolve({ messages: [...waiting] });
    sent.push({ route, request });
    const body = request.body as { limit?: number; message_id?: string } | undefined;
    if (route === "POST /images/redrive") return Promise.resolve(take(50).map((key) => ({ key })));
    if (route.endsWith("/redrive") && body?.message_id === undefined) return Promise.resolve({ message_ids: take(body?.limit ?? 0) });
    waiting = waiting.filter(({ message_id: id }) => id !== (body?.message_id ?? request.path?.message_id));
    return Promise.resolve({ message_ids: [body?.message_id], case_id: "dlq-Demand#m-1" });
  },
  call: () => Promise.resolve({ status: 200, etag: null, body: { queues: [{ name: "Demand", messages: waiting.length, redrivable }, { name: "Image", messages: 0, redrivable: false }] } }),
} as unknown as Api;

async function settled(): Promise<void> {
  await act(() => new Promise((resolve) => { setTimeout(resolve, 0); }));
}

async function open(queue = "Demand"): Promise<void> {
  const config = { stack: "shop", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: {}, offline_limit: 0, sends_mail: false };
  const person = { username: "p", groups: [], scopes: [], location: "" };
  render(<ShopContext value={{ config, person, api }}><DeadLetterQueuePage id={queue} /></ShopContext>);
  await settled();
}

beforeEach(() => {
  waiting = [letter("m-1"), letter("m-2")];
  sent = [];
  redrivable = true;
  setPreferences({ language: "en" });
});

afterEach(cleanup);

it("shows why, when and how often a message failed, and its content as text", async () => {
  await open();
  const shown = screen.getByRole("region", { name: "m-1" }).textContent;
  for (const text of ["ValueError: no order", "2 Jan 2026", "5", "<b>ord-1</b>", "arn:rule"]) expect(shown.replace("Jan 2, 2026", "2 Jan 2026")).toContain(text);
});

it("moves one message back and leaves the others", async () => {
  await open();
  fireEvent.click(screen.getByRole("button", { name: "Move m-2 back" }));
  await settled();
  expect(sent.map(({ request }) => request.body)).toEqual([{ message_id: "m-2" }]);
  expect(screen.getByRole("status").textContent).toContain("1 message is moved back.");
  expect(screen.queryByRole("region", { name: "m-2" })).toBeNull();
  expect(screen.getByRole("region", { name: "m-1" })).toBeTruthy();
});

it("moves as many messages back as there were, at most 50 at a time", async () => {
  waiting = Array.from({ length: 53 }, (_, number) => letter(`m-${number}`));
  await open();
  fireEvent.click(screen.getByRole("button", { name: "Move all back" }));
  await settled();
  expect(sent.map(({ request }) => request.body)).toEqual([{ limit: 50 }, { limit: 3 }]);
  expect(screen.getByRole("status").textContent).toContain("53 messages are moved back.");
  expect(screen.getByText("The queue is empty.")).toBeTruthy();
});

it("drops a message with a note alone, and links to the case that keeps it", async () => {
  await open();
  const drop = screen.getByRole("button", { name: "Drop m-1" });
  expect(drop).toHaveProperty("disabled", true);
  fireEvent.change(screen.getAllByLabelText("Note")[0] as HTMLElement, { target: { value: " a test order " } });
  fireEvent.click(drop);
  await settled();
  expect(sent.map(({ request }) => request)).toEqual([{ path: { queue: "Demand", message_id: "m-1" }, body: { note: "a test order" } }]);
  expect(screen.getByRole("link", { name: "Show the case" }).getAttribute("href")).toBe("#/cases/dlq-Demand%23m-1");
});

it("keeps a note that is being written while another message is moved back", async () => {
  await open();
  fireEvent.change(screen.getAllByLabelText("Note")[0] as HTMLElement, { target: { value: "half a sen" } });
  fireEvent.click(screen.getByRole("button", { name: "Move m-2 back" }));
  await settled();
  expect(screen.getByLabelText("Note")).toHaveProperty("value", "half a sen");
});

it("offers no way back for messages that did not come from a queue", async () => {
  redrivable = false;
  await open();
  expect(screen.getByText(/the runbook says what replaces them/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /back/ })).toBeNull();
});

it("starts the ingests of images again", async () => {
  await open("Image");
  fireEvent.click(screen.getByRole("button", { name: "Ingest the images again" }));
  await settled();
  expect(sent.map(({ route }) => route)).toEqual(["POST /images/redrive", "POST /images/redrive"]);
  expect(screen.getByRole("status").textContent).toContain("2 ingests are started.");
});
