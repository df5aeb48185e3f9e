import { useEffect } from "react";
import { useSWRConfig } from "swr";

import type { components } from "./schema.js";
import { useAnalytics, useAnswer, type AnswerState } from "./hooks.js";

type Schemas = components["schemas"];

export type Note = Schemas["NoteBody"];
export type NoteEntry = Schemas["NoteEntry"];
export type Goal = Required<Schemas["GoalBody"]>;
export type GoalEntry = Schemas["GoalEntry"];
export type Alert = Required<Schemas["AlertBody"]>;
export type AlertEntry = Schemas["AlertEntry"];
export type Firing = Schemas["FiringBody"];

/** What people write, and how to write it; each promise ends when the list has been asked for again. */
export interface Entries<Entry> extends AnswerState {
  add: (entry: Entry) => Promise<void>;
  change: (id: number, entry: Entry) => Promise<void>;
  remove: (id: number) => Promise<void>;
}

/** Notes on the days of a window, for administrators; null to ask for nothing. */
export function useNotes(
  window: { from: string; to: string } | null,
): Entries<NoteEntry> & { notes: Note[] } {
  const path = window && `notes?from=${window.from}&to=${window.to}`;
  const { body, ...state } = useAnswer<{ notes: Note[] }>("notes", path);
  return { ...state, ...useWriting<NoteEntry>("notes"), notes: body?.notes ?? NOTHING };
}

/** What numbers are to reach, for administrators; null to ask for nothing. */
export function useGoals(metric: string | null): Entries<GoalEntry> & { goals: Goal[] } {
  const path = metric && `goals?metric=${metric}`;
  const { body, ...state } = useAnswer<{ goals: Goal[] }>("goals", path);
  return { ...state, ...useWriting<GoalEntry>("goals"), goals: body?.goals ?? NOTHING };
}

/** The rules of alerts, for administrators. */
export function useAlerts(): Entries<AlertEntry> & { alerts: Alert[] } {
  const { body, ...state } = useAnswer<{ alerts: Alert[] }>("alerts", "alerts");
  return { ...state, ...useWriting<AlertEntry>("alerts"), alerts: body?.alerts ?? NOTHING };
}

export interface Fired extends AnswerState {
  /** The newest first. */
  fired: Firing[];
  /** The rules. */
  alerts: Alert[];
  /** Say that somebody took note of it: it need not ring any more, on any page. */
  acknowledge: (id: number) => Promise<void>;
}

/** When rules fired: a rule fires with the change of its metric, and is asked for then. */
export function useFired(limit = 20): Fired {
  const { stream } = useAnalytics();
  const { alerts } = useAlerts();
  const send = useSending("alerts");
  const { body, ...state } = useAnswer<{ fired: Firing[] }>("alerts", `alerts/fired?limit=${limit}`);
  const { reload } = state;
  const watched = [...new Set(alerts.map(({ metric }) => `metrics/${metric}`))].join();
  useEffect(
    () => stream.listen(({ family }) => void (watched.split(",").includes(family) && reload())),
    // `reload` is another function each time, and does the same
    [stream, watched],
  );
  const acknowledge = (id: number): Promise<void> => send("PUT", `alerts/fired/${id}/acknowledgement`);
  return { ...state, fired: body?.fired ?? NOTHING, alerts, acknowledge };
}

const NOTHING: never[] = [];

type Kind = "notes" | "goals" | "alerts";

/** Sends something, and asks again for what is known of its kind. */
function useSending(kind: Kind): (method: string, path: string, entry?: unknown) => Promise<void> {
  const analytics = useAnalytics();
  const { mutate } = useSWRConfig();
  return async (method, path, entry) => {
    const body = entry !== undefined && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(entry) };
    await analytics.request(path, { method, ...body });
    await mutate((key) => Array.isArray(key) && key[0] === analytics.base && key[1] === kind);
  };
}

function useWriting<Entry>(kind: Kind): Pick<Entries<Entry>, "add" | "change" | "remove"> {
  const send = useSending(kind);
  return {
    add: (entry) => send("POST", kind, entry),
    change: (id, entry) => send("PUT", `${kind}/${id}`, entry),
    remove: (id) => send("DELETE", `${kind}/${id}`),
  };
}
