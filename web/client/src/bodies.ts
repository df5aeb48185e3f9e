import type { components } from "./schema.js";

type Schemas = components["schemas"];

export type PlatformStats = Schemas["PlatformBody"];
export type UserGrowth = Schemas["UserGrowthBody"];
export type SessionAnalytics = Schemas["SessionsBody"];
export type CoursePerformance = Schemas["CoursesBody"];
export type Course = Schemas["CourseBody"];
export type Revenue = Schemas["RevenueBody"];
export type Engagement = Schemas["EngagementBody"];
export type Comparison = Schemas["ComparisonBody"];
export type NumberChange = Schemas["ChangeBody"];

/** What there is to ask, and how to draw it. */
export interface Catalogue {
  metrics: Metric[];
}
export type Metric = Schemas["MetricBody"];
export type MetricColumn = Schemas["ColumnBody"];
export type Said = Schemas["SaidBody"];

export type MetricValue = string | number | null;

/** What `metrics/NAME` answers, whatever the metric. */
export interface MetricAnswer {
  metric: string;
  from: string | null;
  to: string | null;
  by: string[];
  rows: Record<string, MetricValue>[];
  total: Record<string, number> | null;
  comparison?: Comparison;
}
