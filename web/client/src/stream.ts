import { AnalyticsError } from "./errors.js";

/** An answer is another one now. */
export interface Change {
  family: string;
  version: number;
  as_of: string;
}

/** `live`: changes are told as they come; `down`: they have to be asked for. */
export type StreamState = "connecting" | "live" | "down";

type Open = (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;

/** Milliseconds: the API breaks a silence after 15 s. */
const SILENCE = 40_000;

/** Milliseconds that a stream outlives its last listener: React unmounts and mounts again. */
const LINGER = 1_000;

const LONGEST_WAIT = 30_000;

/** Milliseconds between two changes of a family that are told: where it changes all the time, the last one. */
const PAUSE = 1_000;

/**
 * The API's server-sent events. `fetch` and not `EventSource`, which sends no token.
 *
 * It is open while somebody listens and the page can be seen: browsers allow six connections to a
 * host, and a page in the background needs none. Back in front it resumes where it was.
 */
export class Stream {
  state: StreamState = "connecting";
  readonly #open: Open;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #watchers = new Set<() => void>();
  #running: AbortController | null = null;
  /** Families that were told of just now, each with what has to be told when their pause is over. */
  readonly #paused = new Map<string, Change | null>();
  #lingering: ReturnType<typeof setTimeout> | undefined;
  #last = "";

  constructor(open: Open) {
    this.#open = open;
  }

  /** Hear of changes, until the returned function is called. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    clearTimeout(this.#lingering);
    if (this.#listeners.size === 1) {
      globalThis.document?.addEventListener("visibilitychange", this.#look);
      globalThis.addEventListener?.("online", this.#restart);
      this.#look();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size) return;
      this.#lingering = setTimeout(() => {
        globalThis.document?.removeEventListener("visibilitychange", this.#look);
        globalThis.removeEventListener?.("online", this.#restart);
        this.#stop();
      }, LINGER);
    };
  }

  /** Hear of another `state`, as React's `useSyncExternalStore` does. */
  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  readonly #look = (): void => {
    if (globalThis.document?.visibilityState === "hidden") this.#stop();
    else if (!this.#running) void this.#run((this.#running = new AbortController()));
  };

  readonly #restart = (): void => {
    this.#stop();
    this.#look();
  };

  #stop(): void {
    this.#running?.abort();
    this.#running = null;
  }

  async #run(running: AbortController): Promise<void> {
    let failures = 0;
    while (!running.signal.aborted) {
      const error = await this.#once(running, () => {
        failures = 0;
      });
      if (running.signal.aborted) return;
      failures += 1;
      // An end is nothing bad the first time: the API ends each stream after ten minutes.
      if (error || failures > 1) this.#is("down");
      const wait = Math.min(2 ** failures * 500, LONGEST_WAIT) * (0.5 + Math.random());
      const refused = error instanceof AnalyticsError && !error.passes;
      await sleep(refused ? LONGEST_WAIT : wait, running.signal);
    }
  }

  async #once(running: AbortController, heard: () => void): Promise<unknown> {
    const attempt = new AbortController();
    const stop = (): void => attempt.abort();
    running.signal.addEventListener("abort", stop);
    let silence = setTimeout(stop, SILENCE);
    try {
      const response = await this.#open(
        this.#last ? { "Last-Event-ID": this.#last } : {},
        attempt.signal,
      );
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return null;
        clearTimeout(silence);
        silence = setTimeout(stop, SILENCE);
        heard();
        this.#is("live");
        const blocks = (rest + value).split(/\r?\n\r?\n/);
        rest = blocks.pop() ?? "";
        for (const block of blocks) this.#tell(block);
      }
    } catch (error) {
      return error;
    } finally {
      clearTimeout(silence);
      running.signal.removeEventListener("abort", stop);
    }
  }

  #tell(block: string): void {
    let data = "";
    for (const line of block.split(/\r?\n/)) {
      const [, name, value = ""] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (name === "id") this.#last = value;
      if (name === "data") data += value;
    }
    if (!data) return;
    this.#pace(JSON.parse(data) as Change);
  }

  #pace(change: Change): void {
    if (this.#paused.has(change.family)) {
      this.#paused.set(change.family, change);
      return;
    }
    this.#paused.set(change.family, null);
    setTimeout(() => {
      const last = this.#paused.get(change.family);
      this.#paused.delete(change.family);
      if (last) this.#pace(last);
    }, PAUSE);
    for (const listener of this.#listeners) listener(change);
  }

  #is(state: StreamState): void {
    if (state === this.state) return;
    this.state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
