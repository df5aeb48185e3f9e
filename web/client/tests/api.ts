import { vi } from "vitest";

/** A stand-in for the API: answers by path, and one stream that tests write to. */
export class Api {
  readonly asked: string[] = [];
  readonly tokens: (string | null)[] = [];
  readonly bodies: Record<string, unknown> = {};
  token = "good";
  streamFails = false;
  headers: Record<string, string> = {
    "X-Analytics-As-Of": new Date().toISOString(),
    "X-Analytics-Pending": "2",
    "X-Analytics-Max-Staleness": "300",
  };
  #streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  opened: Headers[] = [];

  constructor() {
    vi.stubGlobal("fetch", this.fetch);
  }

  readonly fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const path = String(input).replace("/api/v1/analytics/", "");
    const headers = new Headers(init.headers);
    if (path === "stream") return this.#stream(headers);
    this.asked.push(path);
    this.tokens.push(headers.get("Authorization"));
    if (headers.get("Authorization") !== `Bearer ${this.token}`) {
      return this.#problem(401, "token-invalid", "The token is none of MentorHub's.");
    }
    const body = this.bodies[path];
    if (body === undefined) return this.#problem(404, "unknown-id", "Nothing has this id.");
    return new Response(JSON.stringify(body), { headers: this.headers });
  };

  #stream(headers: Headers): Response {
    if (this.streamFails) return this.#problem(503, "streams-unavailable", "Too many streams.");
    this.opened.push(headers);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#streams.push(controller);
        controller.enqueue(new TextEncoder().encode("retry: 1000\n\n"));
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  #problem(status: number, kind: string, detail: string): Response {
    const body = { type: `/problems/${kind}`, status, detail };
    return new Response(JSON.stringify(body), { status });
  }

  /** In pieces as small as a network may cut them. */
  send(text: string): void {
    for (const letter of text) this.#streams.at(-1)?.enqueue(new TextEncoder().encode(letter));
  }

  change(family: string, id: number): void {
    this.send(`id: ${id}\ndata: ${JSON.stringify({ family, version: id, as_of: "" })}\n\n`);
  }

  endStream(): void {
    this.#streams.at(-1)?.close();
  }
}

export const PLATFORM = {
  users: { total: 1250, students: 1000, mentors: 200, verified: 950, verification_rate: 76 },
  sessions: { total: 3500, completed: 2800, scheduled: 450, completion_rate: 80 },
  courses: { total: 120, published: 100, enrollments: 5400, avg_enrollments_per_course: 45 },
  reviews: { total: 2100, average_rating: 4.65 },
  revenue: { total: 2450000, currency: "RUB" },
};

export const GROWTH = {
  period_days: 30,
  data: [
    { date: "2025-11-05", new_users: 12 },
    { date: "2025-11-06", new_users: 18 },
  ],
};

export const ENGAGEMENT = {
  user_id: 123,
  username: "john_doe",
  sessions_attended: 15,
  courses_enrolled: 4,
  avg_progress: 72.5,
  reviews_written: 8,
  last_activity: "2025-12-04T10:30:00+00:00",
  engagement_score: 86,
};
