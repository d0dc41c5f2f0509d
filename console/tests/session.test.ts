import { beforeEach, expect, it, vi } from "vitest";
import { BASE } from "../src/core/config";
import { personOf, Session } from "../src/core/session";

const CONFIG = { stack: "shop", client_id: "client", issuer: "https://issuer", sign_in_url: "https://sign-in", currency: "EUR", time_zone: "UTC", card_providers: { "": "sandbox" }, offline_limit: 20000, sends_mail: false };

function accessToken(claims: object): string {
  return `h.${btoa(JSON.stringify(claims)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_")}.s`;
}

const CASHIER = accessToken({ username: "cashier", scope: "openid shop/read shop/sell", location: "store-1", "cognito:groups": ["cashier"] });

function answerTokens(): ReturnType<typeof vi.fn<typeof fetch>> {
  const fetcher = vi.fn<typeof fetch>(() =>
    Promise.resolve(Response.json({ access_token: CASHIER, refresh_token: "r", expires_in: 900 })));
  vi.stubGlobal("fetch", fetcher);
  return fetcher;
}

function bodyOf(fetcher: ReturnType<typeof answerTokens>, call = 0): Record<string, string> {
  return Object.fromEntries(fetcher.mock.calls[call]?.[1]?.body as URLSearchParams);
}

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
  history.replaceState(null, "", "/");
});

it("reads the person from the claims of the access token", () => {
  expect(personOf(CASHIER)).toEqual({ username: "cashier", groups: ["cashier"], scopes: ["read", "sell"], location: "store-1" });
});

it("asks for a code with a challenge, and exchanges it with the verifier of that challenge", async () => {
  const assign = vi.spyOn(location, "assign").mockImplementation(() => undefined);
  const fetcher = answerTokens();
  history.replaceState(null, "", "/#/orders");
  await new Session(CONFIG).signIn();
  const query = new URL(String(assign.mock.calls[0]?.[0])).searchParams;
  expect(Object.fromEntries(query)).toMatchObject({ client_id: "client", response_type: "code", code_challenge_method: "S256", redirect_uri: BASE });
  history.replaceState(null, "", `/?code=c&state=${query.get("state") ?? ""}`);
  const person = await new Session(CONFIG).resume();
  expect(person?.username).toBe("cashier");
  const sent = bodyOf(fetcher);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sent.code_verifier));
  const challenge = Buffer.from(digest).toString("base64url");
  expect(query.get("code_challenge")).toBe(challenge);
  expect(sent).toMatchObject({ grant_type: "authorization_code", code: "c", client_id: "client" });
  expect(location.search).toBe("");
  expect(location.hash).toBe("#/orders");
});

it("ignores a code that it did not ask for", async () => {
  const fetcher = answerTokens();
  history.replaceState(null, "", "/?code=c&state=forged");
  expect(await new Session(CONFIG).resume()).toBeNull();
  expect(fetcher).not.toHaveBeenCalled();
});

async function signedIn(now: () => number): Promise<{ session: Session; fetcher: ReturnType<typeof answerTokens> }> {
  const fetcher = answerTokens();
  sessionStorage.setItem("tillflow.sign-in", JSON.stringify({ state: "s", verifier: "v", route: "" }));
  history.replaceState(null, "", "/?code=c&state=s");
  const session = new Session(CONFIG, now);
  await session.resume();
  return { session, fetcher };
}

it("renews a token once that is about to expire, however many requests need it", async () => {
  let now = 0;
  const { session, fetcher } = await signedIn(() => now);
  expect(await session.token()).toBe(CASHIER);
  now = 850_000;
  await Promise.all([session.token(), session.token()]);
  expect(fetcher).toHaveBeenCalledTimes(2);
  expect(bodyOf(fetcher, 1)).toMatchObject({ grant_type: "refresh_token", refresh_token: "r" });
});

it("ends when the renewal is refused", async () => {
  let now = 0;
  const { session, fetcher } = await signedIn(() => now);
  now = 850_000;
  fetcher.mockResolvedValue(Response.json({ error: "invalid_grant" }, { status: 400 }));
  expect(await session.token()).toBeNull();
});

it("keeps a valid token when the renewal finds no connection", async () => {
  let now = 0;
  const { session, fetcher } = await signedIn(() => now);
  now = 850_000;
  fetcher.mockRejectedValue(new TypeError("offline"));
  expect(await session.token()).toBe(CASHIER);
});

it("forgets the tokens when it is locked, and stores none", async () => {
  const { session, fetcher } = await signedIn(() => 0);
  expect([localStorage.length, sessionStorage.length]).toEqual([0, 0]);
  await session.lock();
  expect(await session.token()).toBeNull();
  expect(bodyOf(fetcher, 1)).toMatchObject({ token: "r" });
});
