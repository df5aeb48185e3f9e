// What the seed's snippets use without importing it.
import type { ReactElement } from "react";

type Part = (properties: {
  title?: string;
  label?: string;
  value?: unknown;
  change?: string;
  score?: number | undefined;
  data?: { date: string; new_users: number }[] | undefined;
}) => ReactElement;

declare global {
  const StatCard: Part;
  const ChartComponent: Part;
  const ProgressCircle: Part;
  const Metric: Part;
  const fetcher: (path: string) => Promise<any>;
}
