import ConversionFunnels from "@/components/analytics/ConversionFunnels";

export default function Page() {
  return <ConversionFunnels />;
}
