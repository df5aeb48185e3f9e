import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: {
      "@/hooks/useAnalytics": fileURLToPath(new URL("tests/hooks/useAnalytics.ts", import.meta.url)),
    },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"] },
});
