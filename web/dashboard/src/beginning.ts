import { Analytics, paths, type Told } from "@mentorhub/analytics";

import { current, type Page, type View } from "./address.js";
import { says, tokens } from "./session.js";

/** A connection, and what it was told before anything could show it. */
export interface Beginning {
  analytics: Analytics;
  told: readonly Told[];
  /** When everything was answered or refused. */
  settled: Promise<unknown>;
}

/** The page of a view that names none: by what the token says of its bearer. */
export function pageOf({ page }: View): Page {
  return page ?? (says("admin") ? "platform" : says("mentor") ? "mentor" : "me");
}

/** What the page asks first: by family and address, as its hooks do. */
function questions(): [family: string, path: string][] {
  const view = current();
  const { days, compare, currency } = view;
  const toolbar: [string, string][] = [
    ["user_growth", paths.userGrowth(days, { compare })],
    ["platform", paths.platform({ compare, currency })],
  ];
  switch (pageOf(view)) {
    case "platform":
      return [
        ["sessions", paths.sessions(days, { compare })],
        ["revenue", paths.revenue(days, { compare, currency })],
        ...toolbar,
        ["metrics/session_day", paths.metric("session_day", { days, by: ["day"] })],
      ];
    case "metrics":
      return [["metrics", paths.metrics()], ...toolbar];
    case "mentor":
      return [["metrics", paths.metrics()]];
    case "me":
      return [["engagement", paths.myEngagement()]];
  }
}

let begun: Beginning | null = null;

/** Ask what the page will show, while the code that shows it is on its way. */
export function begin(): Beginning {
  const analytics = new Analytics({ tokens });
  const told: Told[] = [];
  const asked = questions().map(async ([family, path]) => {
    told.push({ family, path, answer: await analytics.ahead(path) });
  });
  begun = { analytics, told, settled: Promise.allSettled(asked) };
  return begun;
}

/** What was begun for whoever is signed in now; each beginning is taken up once. */
export function takeUp(): Beginning {
  const taken = begun ?? begin();
  begun = null;
  return taken;
}
