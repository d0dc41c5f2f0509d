/** Calls of the HTTP API. A failure is a Problem, whose `message` is for the operator and `cashierMessage` for the till. */

import { BASE } from "./config";
import { setReached } from "./connection";
import type { Responses } from "./responses";

/** A field that was not accepted; no value where it was missing or is not shown. */
export interface FieldProblem {
  field: string;
  value?: unknown;
  accepted: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly cashierMessage: string,
    readonly fields: readonly FieldProblem[] = [],
  ) {
    super(detail);
  }

  /** Whether the same request can succeed later: the request may have had its effect or not. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const BUSY: [string, string] = ["Busy", "Busy. Try again."];

/** Responses of the gateway itself, which have no problem document. */
const OF_GATEWAY: Record<number, [title: string, cashierMessage: string]> = {
  403: ["ScopeMissing", "This needs another role."],
  429: BUSY,
  502: BUSY,
  503: BUSY,
  504: BUSY,
};

// Longer than the gateway waits for a function: a connection that is lost without a word ends too.
const TIMEOUT_MS = 35_000;

export interface Request {
  path?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  version?: string;
}

interface ProblemDocument {
  title?: string;
  detail?: string;
  message?: string;
  cashier_message?: string;
  problems?: FieldProblem[];
}

export interface ApiResponse<T> {
  status: number;
  body: T;
  etag: string | null;
}

/** Called by every page. `token` returns null when the person has to sign in, which `onSignedOut` shows. */
export class Api {
  constructor(
    private readonly token: () => Promise<string | null>,
    private readonly onSignedOut: () => void,
  ) {}

  async get<K extends keyof Responses>(route: K, request: Request = {}): Promise<Responses[K]> {
    return (await this.call(route, request)).body;
  }

  async call<K extends keyof Responses>(route: K, request: Request = {}): Promise<ApiResponse<Responses[K]>> {
    const token = await this.token();
    if (token === null) {
      this.onSignedOut();
      throw new Problem(401, "SignedOut", "the session has ended", "Sign in again.");
    }
    const [method = "GET", template = ""] = route.split(" ");
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (request.body !== undefined) headers["content-type"] = "application/json";
    if (request.version !== undefined) headers["if-match"] = request.version;
    const response = await fetch(addressOf(template, request), {
      method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    }).catch((error: unknown) => {
      setReached(false);
      throw new Problem(0, "NetworkError", String(error), "No connection.");
    });
    setReached(true);
    const isText = response.headers.get("content-type")?.startsWith("text/plain") === true;
    const body: unknown = isText ? await response.text() : await response.json().catch(() => ({}));
    if (response.ok) return { status: response.status, body: body as Responses[K], etag: response.headers.get("etag") };
    if (response.status === 401) this.onSignedOut();
    const problem = body as ProblemDocument;
    const [title, sentence] = OF_GATEWAY[response.status] ?? [`HTTP ${response.status}`, ""];
    throw new Problem(
      response.status,
      problem.title ?? title,
      problem.detail ?? problem.message ?? `HTTP ${response.status}`,
      problem.cashier_message ?? sentence,
      problem.problems,
    );
  }
}

function addressOf(template: string, request: Request): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(request.path?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return `${BASE}api${path}${text === "" ? "" : `?${text}`}`;
}
