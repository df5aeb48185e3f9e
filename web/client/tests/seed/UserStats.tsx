// components/UserStats.tsx
import { useMyEngagement } from '@/hooks/useAnalytics';

export function UserStats() {
  const engagement = useMyEngagement();

  return (
    <div className="user-stats">
      <h3>Your Engagement</h3>
      
      <ProgressCircle
        score={engagement?.engagement_score}
        label="Engagement Score"
      />

      <div className="metrics">
        <Metric label="Sessions" value={engagement?.sessions_attended} />
        <Metric label="Courses" value={engagement?.courses_enrolled} />
        <Metric label="Avg Progress" value={`${engagement?.avg_progress}%`} />
      </div>
    </div>
  );
}
