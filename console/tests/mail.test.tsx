import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Problem, type Api, type Request } from "../src/core/api";
import { setPreferences } from "../src/core/preferences";
import { ShopContext } from "../src/core/shop";
import { MailDialog } from "../src/till/mail-dialog";

interface Mail {
  mail_id: string;
  number: string;
  to?: string;
}

let sent: Mail[] = [];
let responses: (object | Problem)[] = [];

const api = {
  get: (_: string, { body }: Request) => {
    sent.push(body as Mail);
    const response = responses.shift() ?? {};
    return response instanceof Problem ? Promise.reject(response) : Promise.resolve(response);
  },
} as unknown as Api;

async function settled(): Promise<void> {
  await act(() => new Promise((resolve) => { setTimeout(resolve, 0); }));
}

function open(sendsMail: boolean, hasCustomer = false): void {
  const config = { stack: "", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: "UTC", card_providers: {}, offline_limit: 0, sends_mail: sendsMail };
  const person = { username: "p", groups: [], scopes: [], location: "" };
  render(<ShopContext value={{ config, person, api }}><MailDialog number="INV-1" hasCustomer={hasCustomer} onClose={vi.fn()} /></ShopContext>);
}

function type(address: string): void {
  fireEvent.change(screen.getByLabelText("E-mail address"), { target: { value: address } });
}

async function send(): Promise<void> {
  fireEvent.click(screen.getByRole("button", { name: "Send" }));
  await settled();
}

beforeEach(() => {
  sent = [];
  responses = [];
  setPreferences({ language: "en" });
});

afterEach(cleanup);

it("offers the own mail program alone where the shop sends no mail", () => {
  open(false);
  expect(screen.getByText("This shop does not send mail by itself.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Send" })).toBeNull();
  expect(screen.getByRole("button", { name: "Open my mail program" })).toBeTruthy();
});

it("sends the same mail again after a lost response, and another one to another address", async () => {
  open(true);
  responses = [new Problem(0, "NetworkError", "", "No connection.")];
  type("ada@example.com");
  await send();
  expect(screen.getByRole("alert").textContent).toBe("No connection.");
  await send();
  expect(screen.getByRole("status").textContent).toBe("The mail is sent.");
  type("bob@example.com");
  await send();
  expect(sent.map(({ to }) => to)).toEqual(["ada@example.com", "ada@example.com", "bob@example.com"]);
  expect(sent[1]?.mail_id).toBe(sent[0]?.mail_id);
  expect(sent[2]?.mail_id).not.toBe(sent[0]?.mail_id);
});

it("sends to the customer's address when none is typed, and needs one without a customer", async () => {
  open(true, true);
  await send();
  expect(sent[0]).toEqual({ mail_id: sent[0]?.mail_id, number: "INV-1" });
  cleanup();
  open(true);
  expect(screen.getByRole("button", { name: "Send" })).toHaveProperty("disabled", true);
});
