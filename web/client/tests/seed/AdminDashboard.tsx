// components/AdminDashboard.tsx
import { usePlatformStats, useUserGrowth } from '@/hooks/useAnalytics';

export function AdminDashboard() {
  const { stats } = usePlatformStats();
  const growth = useUserGrowth(30);

  return (
    <div className="dashboard">
      <div className="stats-grid">
        <StatCard
          title="Total Users"
          value={stats?.users.total}
          change="+12%"
        />
        <StatCard
          title="Revenue"
          value={`${stats?.revenue.total} ₽`}
          change="+8%"
        />
      </div>

      <ChartComponent data={growth?.data} />
    </div>
  );
}
