/**
 * Sign-in with Cognito: authorization code with PKCE (RFC 7636). Tokens are in memory alone.
 *
 * The verifier and the state of a sign-in that has begun are in sessionStorage, until the page has the tokens.
 */

import { Problem } from "./api";
import { BASE, type Config } from "./config";

export type Scope = "read" | "sell" | "manage" | "operate";

/** The signed-in person, from the claims of the access token. `location` is a cashier's only one, "" for any. */
export interface Person {
  username: string;
  groups: string[];
  scopes: Scope[];
  location: string;
}

interface Claims {
  username?: string;
  "cognito:groups"?: string[];
  scope?: string;
  location?: string;
}

interface Tokens {
  access: string;
  refresh: string;
  expiresAt: number;
}

interface TokenResponse {
  access_token: string;
  refresh_token?: string;
  expires_in: number;
}

interface Started {
  state: string;
  verifier: string;
  route: string;
}

const STARTED = "tillflow.sign-in";
const RENEW_BEFORE_MS = 60_000;

/** Read the claims of an access token. The gateway verifies it; the console only decides what it shows. */
export function personOf(accessToken: string): Person {
  const payload = (accessToken.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  const claims = JSON.parse(new TextDecoder().decode(bytes)) as Claims;
  const scopes = (claims.scope ?? "").split(" ").filter((name) => name.startsWith("shop/"));
  return {
    username: claims.username ?? "",
    groups: claims["cognito:groups"] ?? [],
    scopes: scopes.map((name) => name.slice("shop/".length) as Scope),
    location: claims.location ?? "",
  };
}

export class Session {
  private readonly origin: string;
  private tokens: Tokens | null = null;
  private renewal: Promise<void> | undefined;
  private isConnectionLost = false;

  constructor(
    private readonly config: Config,
    private readonly now: () => number = Date.now,
  ) {
    this.origin = config.sign_in_url === "" ? location.origin : config.sign_in_url;
  }

  /** Finish a sign-in that returned to this page; return the person, null without one. */
  async resume(): Promise<Person | null> {
    const parameters = new URLSearchParams(location.search);
    const started = JSON.parse(sessionStorage.getItem(STARTED) ?? "null") as Started | null;
    sessionStorage.removeItem(STARTED);
    if (location.search !== "") history.replaceState(null, "", BASE + (started?.route ?? location.hash));
    const code = parameters.get("code");
    // A state of another sign-in, or a code that was used before, such as by the back button: sign in again.
    if (code === null || started === null || parameters.get("state") !== started.state) return null;
    await this.requestTokens({ grant_type: "authorization_code", code, redirect_uri: BASE, code_verifier: started.verifier });
    return this.tokens === null ? null : personOf(this.tokens.access);
  }

  /** Leave the page for the sign-in; the route comes back with the person. */
  async signIn(): Promise<void> {
    const started: Started = { state: randomText(), verifier: randomText(), route: location.hash };
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(started.verifier));
    sessionStorage.setItem(STARTED, JSON.stringify(started));
    const query = new URLSearchParams({
      client_id: this.config.client_id,
      response_type: "code",
      scope: "openid",
      redirect_uri: BASE,
      state: started.state,
      code_challenge: base64Url(new Uint8Array(digest)),
      code_challenge_method: "S256",
    });
    location.assign(`${this.origin}/oauth2/authorize?${query.toString()}`);
  }

  /** Begin a session without tokens, which every call of the API needs: sales are queued until a person signs in. */
  startWithoutConnection(): void {
    this.isConnectionLost = true;
  }

  /**
   * Return a valid access token, renewed when it is about to expire; null when the person must sign in again.
   *
   * Raises the Problem of a lost connection when the token has expired meanwhile.
   */
  async token(): Promise<string | null> {
    if (this.tokens !== null && this.tokens.expiresAt - this.now() < RENEW_BEFORE_MS) {
      this.renewal ??= this.requestTokens({ grant_type: "refresh_token", refresh_token: this.tokens.refresh }).finally(() => {
        this.renewal = undefined;
      });
      await this.renewal;
    }
    if (this.tokens !== null && this.tokens.expiresAt > this.now()) return this.tokens.access;
    if (this.isConnectionLost) throw new Problem(0, "NetworkError", "the token cannot be renewed without a connection", "No connection.");
    return null;
  }

  /** Forget the tokens, and revoke the one that could renew them. */
  async lock(): Promise<void> {
    const token = this.tokens?.refresh;
    this.tokens = null;
    this.isConnectionLost = false;
    if (token !== undefined) await this.post("revoke", { token }).catch(() => undefined);
  }

  /** End the session in Cognito too. */
  async signOut(): Promise<void> {
    await this.lock();
    const query = new URLSearchParams({ client_id: this.config.client_id, logout_uri: BASE });
    location.assign(`${this.origin}/logout?${query.toString()}`);
  }

  /** Set the tokens. A refusal ends the session; a lost connection leaves the tokens until they expire. */
  private async requestTokens(request: Record<string, string>): Promise<void> {
    const response = await this.post("token", request).catch(() => null);
    this.isConnectionLost = response === null || response.status >= 500;
    if (response === null || response.status >= 500) return;
    if (!response.ok) {
      this.tokens = null;
      return;
    }
    const { access_token: access, refresh_token: refresh, expires_in: seconds } = (await response.json()) as TokenResponse;
    // A renewal returns no new refresh token.
    this.tokens = { access, refresh: refresh ?? this.tokens?.refresh ?? "", expiresAt: this.now() + seconds * 1000 };
  }

  private post(endpoint: string, fields: Record<string, string>): Promise<Response> {
    const body = new URLSearchParams({ client_id: this.config.client_id, ...fields });
    return fetch(`${this.origin}/oauth2/${endpoint}`, { method: "POST", body });
  }
}

function randomText(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
