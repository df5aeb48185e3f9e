import { act, cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { SWRConfig } from "swr";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import {
  Analytics,
  AnalyticsProvider,
  cacheOf,
  fetcher,
  mentorhubTokens,
  useCoursePerformance,
  useFired,
  useGoals,
  useMetric,
  useMetrics,
  useMyEngagement,
  useNotes,
  usePlatformStats,
  useRevenue,
  useSessionAnalytics,
  useStreamState,
  useUserEngagement,
  useUserGrowth,
} from "../src/index.js";
import { Api, ENGAGEMENT, GROWTH, PLATFORM } from "./api.js";

let api: Api;
let analytics: Analytics;

beforeEach(() => {
  api = new Api();
  api.bodies["platform"] = PLATFORM;
  api.bodies["user-growth?days=30"] = GROWTH;
  api.bodies["me/engagement"] = ENGAGEMENT;
  localStorage.setItem("access_token", "good");
  analytics = new Analytics();
});

afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
});

function Around({ children }: { children: ReactNode }) {
  return (
    <SWRConfig value={{ provider: () => new Map() }}>
      <AnalyticsProvider value={analytics}>{children}</AnalyticsProvider>
    </SWRConfig>
  );
}

const within = { wrapper: Around };

const shown = (name: string) => (properties: object) => (
  <output aria-label={name}>{JSON.stringify(properties)}</output>
);

test("the seed's snippets, pasted, run", async () => {
  for (const name of ["StatCard", "ChartComponent", "ProgressCircle", "Metric"]) {
    vi.stubGlobal(name, shown(name));
  }
  vi.stubGlobal("fetcher", fetcher);
  vi.stubGlobal("React", await import("react"));
  const { AdminDashboard } = await import("./seed/AdminDashboard.js");
  const { UserStats } = await import("./seed/UserStats.js");
  const hooks = await import("./seed/useAnalytics.js");

  render(<AdminDashboard />, within);
  render(<UserStats />, within);
  const own = renderHook(() => [hooks.usePlatformStats(), hooks.useUserGrowth()] as const, within);

  await waitFor(() => {
    const texts = screen.getAllByRole("status").map((output) => output.textContent);
    expect(texts).toEqual([
      '{"title":"Total Users","value":1250,"change":"+12%"}',
      '{"title":"Revenue","value":"2450000 ₽","change":"+8%"}',
      JSON.stringify({ data: GROWTH.data }),
      '{"score":86,"label":"Engagement Score"}',
      '{"label":"Sessions","value":15}',
      '{"label":"Courses","value":4}',
      '{"label":"Avg Progress","value":"72.5%"}',
    ]);
    expect(own.result.current[0].stats).toEqual(PLATFORM);
    expect(own.result.current[1].data).toEqual(GROWTH.data);
  });
});

test("an answer says as of when it is right, and what is pending", async () => {
  const { result } = renderHook(() => usePlatformStats(), within);

  expect(result.current).toMatchObject({ stats: undefined, isLoading: true, isError: false });
  await waitFor(() => expect(result.current.isLoading).toBe(false));
  expect(result.current).toMatchObject({ stats: PLATFORM, pending: 2, stale: false });
  expect(result.current.asOf?.toISOString()).toBe(api.headers["X-Analytics-As-Of"]);
});

test("an answer older than promised is stale", async () => {
  api.headers["X-Analytics-As-Of"] = new Date(Date.now() - 301_000).toISOString();
  const { result } = renderHook(() => usePlatformStats(), within);

  await waitFor(() => expect(result.current.stale).toBe(true));
  expect(result.current.stats).toEqual(PLATFORM);
});

test("an answer becomes stale by itself", async () => {
  api.headers["X-Analytics-As-Of"] = new Date(Date.now() - 299_500).toISOString();
  const { result } = renderHook(() => usePlatformStats(), within);

  await waitFor(() => expect(result.current.stats).toEqual(PLATFORM));
  await waitFor(() => expect(result.current.stale).toBe(true), { timeout: 3000 });
});

test("every hook asks its address", async () => {
  renderHook(() => {
    usePlatformStats({ compare: true, currency: "USD" });
    useUserGrowth(7, { compare: true });
    useSessionAnalytics();
    useCoursePerformance();
    useCoursePerformance({ courseId: 3 });
    useCoursePerformance({ limit: 20, sort: "title", order: "asc", search: "Go & C" });
    useRevenue(365, { currency: "KZT" });
    useUserEngagement(5);
    useUserEngagement(null);
    useMyEngagement();
    useMetrics();
    useMetrics({ unlisted: true });
    useMetric("session_day", { from: "2026-01-05", to: "2026-02-01", by: ["day", "status"] });
    useMetric("payment_day", { days: 7, compare: true, with: { currency: "USD" } });
    useMetric(null);
    useNotes({ from: "2026-01-05", to: "2026-02-01" });
    useNotes(null);
    useGoals("session_day");
    useFired();
  }, within);

  await waitFor(() =>
    expect(new Set(api.asked)).toEqual(
      new Set([
        "platform?currency=USD&compare=previous",
        "user-growth?days=7&compare=previous",
        "sessions?days=30",
        "courses",
        "courses?course_id=3",
        "courses?limit=20&sort=title&order=asc&search=Go+%26+C",
        "revenue?days=365&currency=KZT",
        "user/5/engagement",
        "me/engagement",
        "metrics",
        "metrics?unlisted=true",
        "metrics/session_day?from=2026-01-05&to=2026-02-01&by=day%2Cstatus",
        "metrics/payment_day?days=7&compare=previous&currency=USD",
        "notes?from=2026-01-05&to=2026-02-01",
        "goals?metric=session_day",
        "alerts",
        "alerts/fired?limit=20",
      ]),
    ),
  );
});

test("what is written is asked for again", async () => {
  const path = "notes?from=2026-01-05&to=2026-02-01";
  api.bodies[path] = { notes: [] };
  const { result } = renderHook(() => useNotes({ from: "2026-01-05", to: "2026-02-01" }), within);
  await waitFor(() => expect(result.current.asOf).toBeDefined());
  const note = { id: 1, day: "2026-01-05", text: "Sale", written_by: 1, written_at: "" };
  api.bodies["notes"] = note;
  api.bodies[path] = { notes: [note] };

  await act(() => result.current.add({ day: note.day, text: note.text }));

  expect(result.current.notes).toEqual([note]);
  await expect(result.current.remove(2)).rejects.toThrow("Nothing has this id.");
});

test("a change that the stream tells is asked for once, and nothing else is", async () => {
  const { result } = renderHook(
    () => [usePlatformStats(), usePlatformStats(), useUserGrowth(), useStreamState()] as const,
    within,
  );
  await waitFor(() => expect(result.current[3]).toBe("live"));
  await waitFor(() => expect(result.current[2].data).toEqual(GROWTH.data));
  api.asked.length = 0;
  api.bodies["platform"] = { ...PLATFORM, users: { ...PLATFORM.users, total: 1251 } };

  act(() => api.change("platform", 7));

  await waitFor(() => expect(result.current[1].stats?.users.total).toBe(1251));
  expect(api.asked).toEqual(["platform"]);
});

test("of a family that changes all the time the first change is told, and a second later the last", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise(setImmediate);
  };
  const told: number[] = [];
  const leave = analytics.stream.listen(({ version }) => told.push(version));
  await until(() => api.opened.length > 0);
  for (const version of [1, 2, 3]) api.change("platform", version);
  api.change("courses", 4);
  await until(() => told.includes(4));

  expect(told).toEqual([1, 4]);
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([1, 4, 3]);
  vi.advanceTimersByTime(5000);
  expect(told).toEqual([1, 4, 3]);
  leave();
  vi.useRealTimers();
});

test("what did not change stays the same object", async () => {
  const { result } = renderHook(() => usePlatformStats(), within);
  await waitFor(() => expect(result.current.stats).toBeDefined());
  const before = result.current.stats;
  api.headers["X-Analytics-Pending"] = "0";

  act(() => result.current.reload());

  await waitFor(() => expect(result.current.pending).toBe(0));
  expect(result.current.stats).toBe(before);
});

test("a stream that ends is resumed where it was", async () => {
  const { result } = renderHook(() => [usePlatformStats(), useStreamState()] as const, within);
  await waitFor(() => expect(result.current[1]).toBe("live"));
  act(() => api.change("platform", 41));
  await waitFor(() => expect(result.current[0].stats).toBeDefined());

  act(() => api.endStream());

  await waitFor(() => expect(api.opened).toHaveLength(2), { timeout: 5000 });
  expect(api.opened[1]?.get("Last-Event-ID")).toBe("41");
  expect(result.current[1]).toBe("live");
});

test("where the stream fails, hooks poll", async () => {
  api.streamFails = true;
  const { result } = renderHook(() => [usePlatformStats(), useStreamState()] as const, within);
  await waitFor(() => expect(result.current[0].stats).toBeDefined());
  await waitFor(() => expect(result.current[1]).toBe("down"));
  api.bodies["platform"] = { ...PLATFORM, users: { ...PLATFORM.users, total: 1251 } };

  await waitFor(() => expect(result.current[0].stats?.users.total).toBe(1251), { timeout: 8000 });
}, 10_000);

test("a refusal is one sentence, and what was there stays", async () => {
  const { result, rerender } = renderHook(({ id }) => useUserEngagement(id), {
    ...within,
    initialProps: { id: 404 },
  });
  await waitFor(() => expect(result.current.isError).toBe(true));
  expect(result.current.error).toMatchObject({
    message: "Nothing has this id.",
    status: 404,
    kind: "unknown-id",
  });

  api.bodies["user/5/engagement"] = ENGAGEMENT;
  rerender({ id: 5 });
  await waitFor(() => expect(result.current.username).toBe("john_doe"));

  delete api.bodies["user/5/engagement"];
  act(() => result.current.reload());
  await waitFor(() => expect(result.current.isError).toBe(true));
  expect(result.current).toMatchObject({ username: "john_doe", stale: true });

  rerender({ id: 404 });
  await waitFor(() => expect(result.current.username).toBeUndefined());
});

test("an API that can't be reached is an error with status 0", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  const { result } = renderHook(() => usePlatformStats(), within);

  await waitFor(() => expect(result.current.error?.status).toBe(0));
});

test("a token that expired is refreshed once for all requests", async () => {
  api.token = "newer";
  const refresh = vi.fn(async () => {
    localStorage.setItem("access_token", "newer");
    return "newer";
  });
  analytics = new Analytics({ tokens: mentorhubTokens({ refresh }) });
  const { result } = renderHook(() => [usePlatformStats(), useUserGrowth()] as const, within);

  await waitFor(() => expect(result.current[0].stats).toEqual(PLATFORM));
  await waitFor(() => expect(result.current[1].data).toEqual(GROWTH.data));
  expect(refresh).toHaveBeenCalledOnce();
  expect(new Set(api.tokens)).toEqual(new Set(["Bearer good", "Bearer newer"]));
});

test("a token that can't be refreshed is an error, and asked with no more than that once", async () => {
  api.token = "another";
  const { result } = renderHook(() => usePlatformStats(), within);

  await waitFor(() => expect(result.current.error?.status).toBe(401));
  expect(api.asked).toEqual(["platform"]);
});

test("what is asked ahead is asked once, and is there in the first render", async () => {
  const answer = await analytics.ahead("platform");
  const cache = cacheOf(analytics, [{ family: "platform", path: "platform", answer }]);
  const renders: boolean[] = [];
  const { result } = renderHook(
    () => {
      const state = usePlatformStats();
      renders.push(state.stats !== undefined && !state.isLoading);
      return state;
    },
    {
      wrapper: ({ children }: { children: ReactNode }) => (
        <SWRConfig value={{ provider: () => cache }}>
          <AnalyticsProvider value={analytics}>{children}</AnalyticsProvider>
        </SWRConfig>
      ),
    },
  );

  await act(async () => undefined);
  expect(result.current.stats).toEqual(PLATFORM);
  expect(renders).not.toContain(false);
  expect(api.asked).toEqual(["platform"]);
});

test("who asks for the same before it is there waits for it, and the next one asks anew", async () => {
  const ahead = analytics.ahead("platform");

  expect(await analytics.get("platform")).toBe(await ahead);
  expect(await analytics.get("platform")).not.toBe(await ahead);
  expect(api.asked).toEqual(["platform", "platform"]);
});
