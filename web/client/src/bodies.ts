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
