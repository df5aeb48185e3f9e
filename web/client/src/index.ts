import { Analytics } from "./analytics.js";

export { Analytics, type AnalyticsOptions, type Answer } from "./analytics.js";
export type * from "./bodies.js";
export * from "./entries.js";
export { AnalyticsError } from "./errors.js";
export * from "./hooks.js";
export * from "./paths.js";
export type { components, operations, paths as Paths } from "./schema.js";
export type { Change, StreamState } from "./stream.js";
export { mentorhubTokens, oneRefresh, type MentorhubTokensOptions, type Tokens } from "./tokens.js";

/** For one's own `useSWR`: the JSON of an address like `/api/v1/analytics/platform`. */
export async function fetcher(address: string): Promise<any> {
  return (await new Analytics().get(address.replace(/^\/api\/v1\/analytics\//, ""))).body;
}
