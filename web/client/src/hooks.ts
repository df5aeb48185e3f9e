import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import useSWR, { unstable_serialize, useSWRConfig, type State } from "swr";

import { Analytics, type Answer } from "./analytics.js";
import type {
  Catalogue,
  CoursePerformance,
  Engagement,
  MetricAnswer,
  PlatformStats,
  Revenue,
  SessionAnalytics,
  UserGrowth,
} from "./bodies.js";
import { AnalyticsError } from "./errors.js";
import {
  paths,
  type CatalogueOptions,
  type CoursesOptions,
  type MetricOptions,
  type MoneyOptions,
  type Options,
} from "./paths.js";
import type { StreamState } from "./stream.js";

/** What every hook says of its answer. */
export interface AnswerState {
  /** Nothing is there yet, and it is being asked for. */
  isLoading: boolean;
  /** What is shown is being replaced by another window, currency or page. */
  isChanging: boolean;
  /** The last request failed. What was there before stays. */
  isError: boolean;
  error: AnalyticsError | undefined;
  /** Every change committed up to then is counted. */
  asOf: Date | undefined;
  /** Signed rows known and not counted yet. */
  pending: number | undefined;
  /** Older than promised, or nobody can say: the last request failed. */
  stale: boolean;
  /** The answer with all that its headers say. */
  answer: Answer<unknown> | undefined;
  /** Ask again now. */
  reload: () => void;
}

/** The body's own fields beside the state of the answer; `data` is the body where it has none. */
export type Result<Body> = AnswerState & { data?: Body } & Partial<Body>;

/** Milliseconds: an unchanged answer is a 304 from memory, and brings as-of up to date. */
const PACE = { live: 10_000, connecting: 10_000, down: 5_000 } satisfies Record<StreamState, number>;

const Context = createContext<Analytics | null>(null);

let usual: Analytics | undefined;

/** Gives all hooks below another connection than that to the page's own origin. */
export const AnalyticsProvider = Context.Provider;

export function useAnalytics(): Analytics {
  const given = useContext(Context);
  return given ?? (usual ??= new Analytics());
}

/** Whether changes are told as they come. */
export function useStreamState(): StreamState {
  const { stream } = useAnalytics();
  return useSyncExternalStore(
    stream.watch,
    () => stream.state,
    () => "connecting",
  );
}

/** Any answer: `path` is relative to `/api/v1/analytics/`, null to ask for nothing. */
export function useAnswer<Body>(
  family: string,
  path: string | null,
): AnswerState & { body: Body | undefined; answer: Answer<Body> | undefined } {
  const analytics = useAnalytics();
  useLiveCache(analytics);
  const pace = PACE[useStreamState()];
  const { data, error, isLoading, mutate } = useSWR<Kept<Body>, AnalyticsError>(
    path === null ? null : keyOf(analytics, family, path),
    async () => ({ path, answer: await analytics.get<Body>(path ?? "") }),
    {
      refreshInterval: pace,
      keepPreviousData: true,
      // each answer is another one, if only as of a later moment: SWR need not look into it
      compare: (one, other) => one?.answer === other?.answer,
      // the interval and the stream are what asks again
      revalidateOnFocus: true,
      onErrorRetry: (failure, _key, _config, retry, { retryCount }) => {
        if (!failure.passes) return;
        const wait = failure.retryAfter ?? Math.min(2 ** retryCount / 2, 30);
        setTimeout(() => void retry({ retryCount }), wait * 1000);
      },
    },
  );
  const isOther = data?.path !== path;
  // Of another one nothing is shown once it is known that this one can't be had.
  const answer = path === null || (isOther && error) ? undefined : data?.answer;
  const isOld = useIsOld(answer);
  return {
    body: answer?.body,
    answer,
    isLoading,
    isChanging: answer !== undefined && isOther,
    isError: error !== undefined,
    error,
    asOf: answer?.asOf,
    pending: answer?.pending,
    stale: answer !== undefined && (isOld || error !== undefined),
    reload: () => void mutate(),
  };
}

interface Kept<Body> {
  path: string | null;
  answer: Answer<Body>;
}

type Key = [base: string, family: string, path: string];

function keyOf({ base }: Analytics, family: string, path: string): Key {
  return [base, family, path];
}

/** An answer that is there before any hook asks for it. */
export interface Told {
  family: string;
  path: string;
  answer: Answer<unknown>;
}

/** A cache for SWR's `provider` with answers in it: hooks have them in their first render. */
export function cacheOf(analytics: Analytics, told: readonly Told[]): Map<string, State<unknown>> {
  return new Map(
    told.map(({ family, path, answer }) => [
      unstable_serialize(keyOf(analytics, family, path)),
      { data: { path, answer } satisfies Kept<unknown>, isLoading: false, isValidating: false },
    ]),
  );
}

type Mutate = ReturnType<typeof useSWRConfig>["mutate"];

const attached = new WeakMap<Analytics, Map<Mutate, { users: number; leave: () => void }>>();

/** One listener for each cache, however many hooks use it: a change is asked for once. */
function useLiveCache(analytics: Analytics): void {
  const { mutate } = useSWRConfig();
  useEffect(() => {
    const caches = attached.get(analytics) ?? new Map();
    attached.set(analytics, caches);
    const entry = caches.get(mutate) ?? {
      users: 0,
      leave: analytics.stream.listen(({ family }) => {
        void mutate(
          (key) => Array.isArray(key) && key[0] === analytics.base && key[1] === family,
        );
      }),
    };
    entry.users += 1;
    caches.set(mutate, entry);
    return () => {
      entry.users -= 1;
      if (entry.users) return;
      caches.delete(mutate);
      entry.leave();
    };
  }, [analytics, mutate]);
}

/** Whether the answer is older than it may be; changes by itself when that comes about. */
function useIsOld(answer: Answer<unknown> | undefined): boolean {
  const until = answer ? answer.asOf.getTime() + answer.maxStaleness * 1000 : Infinity;
  const [, look] = useState(0);
  const left = until - Date.now();
  useEffect(() => {
    if (left <= 0 || !Number.isFinite(left)) return;
    const timer = setTimeout(() => look((times) => times + 1), Math.min(left + 1, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  }, [until, left]);
  return left <= 0;
}

/** The platform at a glance, all time. */
export function usePlatformStats(
  options: MoneyOptions = {},
): AnswerState & { stats: PlatformStats | undefined } {
  const { body, ...state } = useAnswer<PlatformStats>("platform", paths.platform(options));
  return { ...state, stats: body };
}

/** New users, day by day; `data` holds the days. */
export function useUserGrowth(days = 30, options: Options = {}): AnswerState & Partial<UserGrowth> {
  const { body, ...state } = useAnswer<UserGrowth>("user_growth", paths.userGrowth(days, options));
  return { ...body, ...state };
}

/** Sessions by status, and the busiest mentors. */
export function useSessionAnalytics(days = 30, options: Options = {}): Result<SessionAnalytics> {
  return useResult<SessionAnalytics>("sessions", paths.sessions(days, options));
}

/** How courses do: all of them, or a page. */
export function useCoursePerformance(options: CoursesOptions = {}): Result<CoursePerformance> {
  return useResult<CoursePerformance>("courses", paths.courses(options));
}

/** Completed payments, day by day, in one currency. */
export function useRevenue(days = 30, options: MoneyOptions = {}): Result<Revenue> {
  return useResult<Revenue>("revenue", paths.revenue(days, options));
}

/** What a user did as a learner; null to ask for nobody. */
export function useUserEngagement(userId: number | null): Result<Engagement> {
  return useResult<Engagement>("engagement", userId === null ? null : paths.engagement(userId));
}

/** What the token's user did as a learner. */
export function useMyEngagement(): Result<Engagement> {
  return useResult<Engagement>("engagement", paths.myEngagement());
}

/** What there is to ask: each metric, what it means, and how it is drawn. */
export function useMetrics(options: CatalogueOptions = {}): Result<Catalogue> {
  return useResult<Catalogue>("metrics", paths.metrics(options));
}

/** Any metric of the catalogue, as rows of keys and measures; null to ask for nothing. */
export function useMetric(name: string | null, options: MetricOptions = {}): Result<MetricAnswer> {
  const path = name === null ? null : paths.metric(name, options);
  return useResult<MetricAnswer>(`metrics/${name}`, path);
}

function useResult<Body extends object>(family: string, path: string | null): Result<Body> {
  const { body, ...state } = useAnswer<Body>(family, path);
  return { ...body, ...state, data: body } as Result<Body>;
}
