/** What an API that can't answer says: RFC 9457, one sentence in `message`. */
export class AnalyticsError extends Error {
  override readonly name = "AnalyticsError";

  constructor(
    message: string,
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
    /** The last part of the problem's address, like `not-permitted`; empty where there is none. */
    readonly kind = "",
    /** Seconds that the API asks to wait. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  /** Whether asking again can help, without anybody doing something. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export async function refusal(response: Response): Promise<AnalyticsError> {
  const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
  let body: { detail?: unknown; message?: unknown; type?: unknown } = {};
  try {
    body = (await response.json()) as typeof body;
  } catch {
    // a proxy's page
  }
  const sentence = body.detail ?? body.message;
  return new AnalyticsError(
    typeof sentence === "string" ? sentence : `The API answered with ${response.status}.`,
    response.status,
    typeof body.type === "string" ? (body.type.split("/").pop() ?? "") : "",
    Number.isFinite(wait) ? wait : null,
  );
}
