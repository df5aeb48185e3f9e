import AnalyticsDashboard from "@/components/analytics/AnalyticsDashboard";

export default function Page() {
  return <AnalyticsDashboard />;
}
