// What MentorHub has at `@/hooks/useAnalytics`, for the seed's components.
export * from "../../src/index.js";
