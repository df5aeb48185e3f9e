import { useStreamState, type AnswerState } from "@mentorhub/analytics";
import { useEffect, useReducer, useSyncExternalStore, type ReactElement } from "react";

import { useWords } from "./i18n/index.js";

/** What the answers on the page say of themselves, by panel. */
type Known = Pick<AnswerState, "asOf" | "pending" | "stale" | "error"> & { unusable: number };

let known: ReadonlyMap<string, Known> = new Map();

const watchers = new Set<() => void>();

function tell(next: Map<string, Known>): void {
  known = next;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Count a panel's answer among those that the badge on top looks at. */
export function useKnown(panel: string, state: AnswerState | null): void {
  const { asOf, pending, stale = false, error } = state ?? {};
  const unusable = state?.answer?.unusable ?? 0;
  const isAsked = state !== null;
  useEffect(() => {
    if (isAsked) tell(new Map(known).set(panel, { asOf, pending, stale, error, unusable }));
  }, [panel, isAsked, asOf, pending, stale, error, unusable]);
  useEffect(
    () => () => {
      const rest = new Map(known);
      rest.delete(panel);
      tell(rest);
    },
    [panel, isAsked],
  );
}

/** Renders its caller once a second. */
function useSecond(): number {
  const [, tick] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, []);
  return Date.now();
}

function useOnline(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      addEventListener("online", watcher);
      addEventListener("offline", watcher);
      return () => {
        removeEventListener("online", watcher);
        removeEventListener("offline", watcher);
      };
    },
    () => navigator.onLine,
  );
}

/** How fresh the oldest answer on the page is, and whether the page hears of changes. */
export function Badge(): ReactElement {
  const { f, t } = useWords();
  const now = useSecond();
  const stream = useStreamState();
  const online = useOnline();
  const all = [...useSyncExternalStore(watch, () => known).values()];
  const moments = all.flatMap(({ asOf }) => (asOf ? [asOf.getTime()] : []));
  const oldest = moments.length ? Math.min(...moments) : null;
  const pending = Math.max(0, ...all.map((each) => each.pending ?? 0));
  const unusable = Math.max(0, ...all.map((each) => each.unusable));
  const cut = !online || all.some(({ error }) => error?.status === 0);
  const state = cut ? "offline" : stream === "down" ? "polling" : stream;
  const stale = all.some((each) => each.stale);
  return (
    <div className="badge" data-state={state} data-stale={stale || undefined}>
      <span className="dot" aria-hidden="true" />
      <span role="status">{stale && !cut ? t.fresh.stale : t.fresh[state]}</span>
      {oldest !== null && (
        <time
          dateTime={new Date(oldest).toISOString()}
          title={t.fresh.exactly(f.moment(new Date(oldest)))}
        >
          {t.fresh.asOf(f.ago(now - oldest))}
        </time>
      )}
      {pending > 0 && <span>{t.fresh.pending(pending)}</span>}
      {unusable > 0 && <span>{t.fresh.unusable(unusable)}</span>}
    </div>
  );
}

/** A panel's own freshness. */
export function AsOf({ state }: { state: AnswerState }): ReactElement | null {
  const { f, t } = useWords();
  if (!state.asOf) return null;
  return (
    <time
      className="as-of"
      dateTime={state.asOf.toISOString()}
      title={t.fresh.exactly(f.moment(state.asOf))}
      data-stale={state.stale || undefined}
    >
      {state.stale ? `${t.fresh.stale} · ` : ""}
      {f.time(state.asOf)}
    </time>
  );
}
