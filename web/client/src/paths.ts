export interface Options {
  /** Adds `comparison`: each number as many days before. */
  compare?: boolean;
}

export interface MoneyOptions extends Options {
  /** ISO 4217; the reporting currency by default. */
  currency?: string | null;
}

export interface MetricOptions extends Options {
  /** The last so many days; or `from` and `to`, both included. */
  days?: number | null;
  from?: string | null;
  to?: string | null;
  /** Keys to group by; the metric's own choice by default. */
  by?: readonly string[] | null;
  limit?: number | null;
  order?: string | null;
  /** Filters by key, and the metric's parameters. */
  with?: Readonly<Record<string, string>>;
}

export interface CatalogueOptions {
  /** Those that only other metrics are counted from, too. */
  unlisted?: boolean;
}

export interface CoursesOptions {
  courseId?: number;
  limit?: number;
  sort?: string;
  order?: "asc" | "desc";
  search?: string;
  cursor?: string;
}

function query(path: string, parameters: Record<string, string | number | null | undefined>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") given.set(name, String(value));
  }
  const text = given.toString();
  return text ? `${path}?${text}` : path;
}

/** The addresses that the hooks ask, for exports of exactly what is shown. */
export const paths = {
  platform: ({ compare, currency }: MoneyOptions = {}) =>
    query("platform", { currency, compare: compare ? "previous" : null }),
  userGrowth: (days = 30, { compare }: Options = {}) =>
    query("user-growth", { days, compare: compare ? "previous" : null }),
  sessions: (days = 30, { compare }: Options = {}) =>
    query("sessions", { days, compare: compare ? "previous" : null }),
  revenue: (days = 30, { compare, currency }: MoneyOptions = {}) =>
    query("revenue", { days, currency, compare: compare ? "previous" : null }),
  courses: ({ courseId, ...page }: CoursesOptions = {}) =>
    query("courses", { course_id: courseId, ...page }),
  metrics: ({ unlisted }: CatalogueOptions = {}) => query("metrics", { unlisted: unlisted ? "true" : null }),
  metric: (name: string, options: MetricOptions = {}) => {
    const { days, from, to, by, limit, order, compare, with: more } = options;
    const window = from && to ? { from, to } : { days };
    return query(`metrics/${name}`, {
      ...window,
      by: by?.join(","),
      limit,
      order,
      compare: compare ? "previous" : null,
      ...more,
    });
  },
  engagement: (userId: number) => `user/${userId}/engagement`,
  myEngagement: () => "me/engagement",
};
