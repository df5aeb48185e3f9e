import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  // Relative: it holds behind every proxy.
  base: "./",
  plugins: [react()],
  resolve: {
    alias: { "@mentorhub/analytics": path("../client/src/index.ts") },
    dedupe: ["react", "react-dom", "swr"],
  },
  build: {
    outDir: path("../../api/static/dashboard"),
    emptyOutDir: true,
    // Nothing inline: the Content-Security-Policy allows the server's own files and nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 450,
  },
  server: { proxy: { "/api": process.env["ANALYTICS_API"] ?? "http://127.0.0.1:8000" } },
});
