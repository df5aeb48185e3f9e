import type { Engagement } from "@mentorhub/analytics";

/** The parts of the engagement score, as sql/metric/user_engagement.sql adds them up. */
export const PARTS = [
  { name: "sessions", most: 30, each: 3 },
  { name: "courses", most: 25, each: 5 },
  { name: "progress", most: 30, each: 0.3 },
  { name: "reviews", most: 15, each: 5 },
] as const;

export type PartName = (typeof PARTS)[number]["name"];

export interface Part {
  name: PartName;
  points: number;
  most: number;
  /** What it is made of: sessions, courses, percent, reviews. */
  amount: number;
}

export function parts(of: Engagement): Part[] {
  const sessions = Math.min(3 * of.sessions_attended, 30);
  const courses = Math.min(5 * of.courses_enrolled, 25);
  const reviews = Math.min(5 * of.reviews_written, 15);
  // The rest, not 0.3 × the average: that is rounded, the score is calculated from exact sums.
  const progress = of.engagement_score - sessions - courses - reviews;
  return [
    { name: "sessions", points: sessions, most: 30, amount: of.sessions_attended },
    { name: "courses", points: courses, most: 25, amount: of.courses_enrolled },
    { name: "progress", points: progress, most: 30, amount: of.avg_progress },
    { name: "reviews", points: reviews, most: 15, amount: of.reviews_written },
  ];
}

export interface Step {
  part: "sessions" | "courses" | "reviews";
  times: number;
  points: number;
}

/** The next small steps that raise the score: two sessions, a review, a course, where they count. */
export function nextSteps(of: Engagement): Step[] {
  const left = {
    sessions: Math.max(10 - of.sessions_attended, 0),
    reviews: Math.max(3 - of.reviews_written, 0),
    courses: Math.max(5 - of.courses_enrolled, 0),
  };
  const steps: Step[] = [
    { part: "sessions", times: Math.min(left.sessions, 2), points: 3 * Math.min(left.sessions, 2) },
    { part: "reviews", times: Math.min(left.reviews, 1), points: 5 * Math.min(left.reviews, 1) },
    // A new course lowers the average progress, which may cost as much: only where nothing else is left.
    { part: "courses", times: Math.min(left.courses, 1), points: 5 * Math.min(left.courses, 1) },
  ];
  const useful = steps.filter(({ times }) => times);
  return useful.length > 1 ? useful.filter(({ part }) => part !== "courses") : useful;
}
