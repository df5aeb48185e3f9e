import UserStats from "@/components/analytics/UserStats";

export default function Page() {
  return <UserStats />;
}
