"use client";

// `hooks/useAnalytics.ts` is MentorHub's tracker of clicks: the numbers have a file of their own.
export * from "@mentorhub/analytics";
