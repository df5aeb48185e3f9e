import { useSyncExternalStore } from "react";

export const PAGES = ["platform", "metrics", "mentor", "me"] as const;

export type Page = (typeof PAGES)[number];

/** What is shown. All of it is in the address, so that a link shows somebody else the same. */
export interface View {
  page: Page | null;
  days: number;
  /** Instead of the last `days`: only metrics can be asked so. Both or none. */
  from: string | null;
  to: string | null;
  compare: boolean;
  currency: string | null;
  /** Panels that are shown as a table. */
  tables: string[];
  sort: string;
  order: "asc" | "desc";
  search: string;
  limit: number;
  user: number | null;
  /** Whose page the mentor's is, for administrators; a mentor's is their own. */
  mentor: number | null;
  /** The metric that is alone on its page, what its rows are of, and which number is drawn. */
  metric: string | null;
  by: string[];
  measure: string | null;
}

export const LONGEST = 365;

export const LIMITS = [10, 50, 250, 1000];

const USUAL: View = {
  page: null,
  days: 30,
  from: null,
  to: null,
  compare: true,
  currency: null,
  tables: [],
  sort: "enrollments",
  order: "desc",
  search: "",
  limit: 10,
  user: null,
  mentor: null,
  metric: null,
  by: [],
  measure: null,
};

function number(text: string | null, usual: number, most: number): number {
  return text && /^[1-9][0-9]*$/.test(text) && Number(text) <= most ? Number(text) : usual;
}

function day(text: string | null): string | null {
  return text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
}

function name(text: string | null): string | null {
  return text && /^[a-z][a-z0-9_]*$/.test(text) ? text : null;
}

function read(search: string): View {
  const given = new URLSearchParams(search);
  const page = PAGES.find((each) => each === given.get("page"));
  const from = day(given.get("from"));
  const to = day(given.get("to"));
  const isRange = from !== null && to !== null && from <= to;
  const currency = given.get("currency");
  const sort = given.get("sort");
  return {
    page: page ?? USUAL.page,
    days: number(given.get("days"), USUAL.days, LONGEST),
    from: isRange ? from : null,
    to: isRange ? to : null,
    compare: given.get("compare") !== "no",
    currency: currency && /^[A-Z]{3}$/.test(currency) ? currency : null,
    tables: (given.get("tables") ?? "").split(",").filter(Boolean),
    sort: sort && /^[a-z_]+$/.test(sort) ? sort : USUAL.sort,
    order: given.get("order") === "asc" ? "asc" : "desc",
    search: given.get("search") ?? "",
    limit: number(given.get("limit"), USUAL.limit, 1000),
    user: number(given.get("user"), 0, Number.MAX_SAFE_INTEGER) || null,
    mentor: number(given.get("mentor"), 0, Number.MAX_SAFE_INTEGER) || null,
    metric: name(given.get("metric")),
    by: (given.get("by") ?? "").split(",").filter(name),
    measure: name(given.get("measure")),
  };
}

function write(view: View): string {
  const given = new URLSearchParams(location.search);
  const set = (name: keyof View, value: string): void => {
    if (value === "" || value === String(USUAL[name])) given.delete(name);
    else given.set(name, value);
  };
  set("page", view.page ?? "");
  set("days", String(view.days));
  set("from", view.from ?? "");
  set("to", view.to ?? "");
  set("compare", view.compare ? "" : "no");
  set("currency", view.currency ?? "");
  set("tables", view.tables.join(","));
  set("sort", view.sort);
  set("order", view.order);
  set("search", view.search);
  set("limit", String(view.limit));
  set("user", view.user ? String(view.user) : "");
  set("mentor", view.mentor ? String(view.mentor) : "");
  set("metric", view.metric ?? "");
  set("by", view.by.join(","));
  set("measure", view.measure ?? "");
  const text = given.toString();
  return location.pathname + (text ? `?${text}` : "");
}

let known: { search: string; view: View } | undefined;

export function current(): View {
  if (known?.search !== location.search) {
    known = { search: location.search, view: read(location.search) };
  }
  return known.view;
}

const watchers = new Set<() => void>();

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  addEventListener("popstate", watcher);
  return () => {
    watchers.delete(watcher);
    removeEventListener("popstate", watcher);
  };
}

const STEPS: readonly (keyof View)[] = ["page", "user", "metric"];

/** Show something else. Another page, person or metric is a step that the back button takes back. */
export function show(change: Partial<View>): void {
  const address = write({ ...current(), ...change });
  if (STEPS.some((each) => each in change)) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  for (const watcher of watchers) watcher();
}

export function toggleTable(panel: string): void {
  const { tables } = current();
  show({
    tables: tables.includes(panel) ? tables.filter((name) => name !== panel) : [...tables, panel],
  });
}

export function useView(): View {
  return useSyncExternalStore(watch, current);
}
