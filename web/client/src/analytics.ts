import { AnalyticsError, refusal } from "./errors.js";
import { Stream } from "./stream.js";
import { mentorhubTokens, type Tokens } from "./tokens.js";

/** An answer, and what its headers say of it. */
export interface Answer<Body> {
  /** The same object as before where the text is the same. */
  body: Body;
  /** Every change committed up to then is counted. */
  asOf: Date;
  /** Signed rows known and not counted yet. */
  pending: number;
  /** Rows that the answer lacks, as a value in them can't be counted. */
  unusable: number;
  /** Seconds that the numbers may lag behind MentorHub. */
  maxStaleness: number;
  /** First and last day of a window, and the reporting time zone. */
  window: { from: string; to: string; timezone: string } | null;
  currency: string | null;
  /** All currencies that hold amounts. */
  currencies: string[];
  /** The next page's query, as `?limit=…&cursor=…`. */
  next: string | null;
}

export interface AnalyticsOptions {
  /** In front of `/api/v1/analytics`: nothing for the page's own origin. */
  base?: string;
  tokens?: Tokens;
  fetch?: typeof globalThis.fetch;
}

const ROOT = "/api/v1/analytics/";

/** Bodies remembered, so that what did not change stays the same object. */
const REMEMBERED = 100;

/** A connection to the API. Paths are relative to `/api/v1/analytics/`. */
export class Analytics {
  readonly base: string;
  readonly tokens: Tokens;
  readonly stream: Stream;
  readonly #fetch: typeof globalThis.fetch;
  readonly #bodies = new Map<string, { text: string; body: unknown }>();
  readonly #ahead = new Map<string, Promise<Answer<unknown>>>();

  constructor({ base = "", tokens = mentorhubTokens(), fetch }: AnalyticsOptions = {}) {
    this.base = base.replace(/\/$/, "");
    this.tokens = tokens;
    this.#fetch = fetch ?? ((...request) => globalThis.fetch(...request));
    this.stream = new Stream((headers, signal) =>
      this.request("stream", { headers, signal, cache: "no-store" }),
    );
  }

  /** Asks before there is a component that wants to know: whoever asks first is given this answer. */
  ahead(path: string): Promise<Answer<unknown>> {
    const answer = this.get(path);
    this.#ahead.set(path, answer);
    return answer;
  }

  async get<Body>(path: string): Promise<Answer<Body>> {
    const ahead = this.#ahead.get(path);
    if (ahead) {
      this.#ahead.delete(path);
      return ahead as Promise<Answer<Body>>;
    }
    const response = await this.request(path, { headers: { Accept: "application/json" } });
    const { headers } = response;
    const text = await read(response);
    const [days = "", timezone = ""] = (headers.get("X-Analytics-Window") ?? "").split(" ");
    const [from = "", to = ""] = days.split("/");
    return {
      body: this.#remember<Body>(path, text),
      asOf: new Date(headers.get("X-Analytics-As-Of") ?? Number.NaN),
      pending: Number(headers.get("X-Analytics-Pending") ?? 0),
      unusable: Number(headers.get("X-Analytics-Unusable") ?? 0),
      maxStaleness: Number(headers.get("X-Analytics-Max-Staleness") ?? Infinity),
      window: to ? { from, to, timezone } : null,
      currency: headers.get("X-Analytics-Currency"),
      currencies: (headers.get("X-Analytics-Currencies") ?? "").split(", ").filter(Boolean),
      next: /<([^<>]*)>; rel="next"/.exec(headers.get("Link") ?? "")?.[1] ?? null,
    };
  }

  /** The answer as a file, made by the API of the very JSON. */
  async file(path: string, format: "csv" | "xlsx"): Promise<{ name: string; content: Blob }> {
    const address = `${path}${path.includes("?") ? "&" : "?"}format=${format}`;
    const response = await this.request(address);
    const name = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
    return { name: name ?? `analytics.${format}`, content: await response.blob() };
  }

  /** A response that is no refusal. A 401 is answered with another token, once. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const token = this.tokens.get();
    let response = await this.#send(path, init, token);
    if (response.status === 401) {
      // Somebody else may have refreshed it meanwhile: another tab, another request.
      const newer = this.tokens.get();
      const other = newer && newer !== token ? newer : await this.tokens.refresh();
      if (other) response = await this.#send(path, init, other);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  async #send(path: string, init: RequestInit, token: string | null): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token) headers.set("Authorization", `Bearer ${token}`);
    try {
      return await this.#fetch(this.base + ROOT + path, { ...init, headers });
    } catch (error) {
      throw unreachable(error);
    }
  }

  #remember<Body>(path: string, text: string): Body {
    const known = this.#bodies.get(path);
    const body = known?.text === text ? known.body : (JSON.parse(text) as unknown);
    this.#bodies.delete(path);
    this.#bodies.set(path, { text, body });
    if (this.#bodies.size > REMEMBERED) {
      for (const oldest of this.#bodies.keys()) {
        this.#bodies.delete(oldest);
        break;
      }
    }
    return body as Body;
  }
}

async function read(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw unreachable(error);
  }
}

function unreachable(error: unknown): Error {
  if (error instanceof DOMException && error.name === "AbortError") return error;
  return new AnalyticsError("The API can't be reached.", 0);
}
