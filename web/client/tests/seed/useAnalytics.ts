// hooks/useAnalytics.ts
import useSWR from 'swr';

export function usePlatformStats() {
  const { data, error } = useSWR(
    '/api/v1/analytics/platform',
    fetcher,
    { refreshInterval: 60000 } // Refresh every minute
  );

  return {
    stats: data,
    isLoading: !error && !data,
    isError: error
  };
}

export function useUserGrowth(days = 30) {
  const { data } = useSWR(
    `/api/v1/analytics/user-growth?days=${days}`,
    fetcher
  );

  return data;
}

export function useMyEngagement() {
  const { data } = useSWR(
    '/api/v1/analytics/me/engagement',
    fetcher
  );

  return data;
}
