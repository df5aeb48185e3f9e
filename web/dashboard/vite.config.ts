import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

interface Schema {
  properties?: Record<string, { description?: string }>;
}

/** `virtual:definitions`: what the OpenAPI document, as `make web` has it made, says of each number. */
function definitions(): Plugin {
  return {
    name: "definitions",
    resolveId: (id) => (id === "virtual:definitions" ? id : null),
    load(id) {
      if (id !== "virtual:definitions") return null;
      const { components } = JSON.parse(readFileSync(path("../openapi.json"), "utf8")) as {
        components: { schemas: Record<string, Schema> };
      };
      const said = Object.entries(components.schemas).flatMap(([schema, { properties = {} }]) =>
        SHOWN.test(schema)
          ? Object.entries(properties).map(([name, { description = "" }]) => [
              `${schema}.${name}`,
              description.replaceAll("`", ""),
            ])
          : [],
      );
      return `export default ${JSON.stringify(Object.fromEntries(said))}`;
    },
  };
}

/** The code of the first view is on its way from the beginning, and not when `main` asks for it. */
function preloaded(): Plugin {
  const app = path("src/app.tsx");
  return {
    name: "preloaded",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle }) =>
        Object.values(bundle ?? {}).flatMap((file) =>
          file.type === "chunk" && (file.facadeModuleId === app || file.moduleIds.includes(app))
            ? [{ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `./${file.fileName}` }, injectTo: "head" }]
            : [],
        ),
    },
  };
}

/** Schemas with numbers that the pages show. */
const SHOWN = /^(Platform\w+|(Session|Revenue)Analytics|Engagement|NewUsers|DailyRevenue|Course)Body$/;

/** What asks the first questions, and what shows their answers first: each with all that it needs. */
const CHUNKS = [
  { name: "main", test: /dashboard\/src\/main\.ts$|vite\/preload-helper/, priority: 2 },
  { name: "app", test: /dashboard\/src\/app\.tsx$/, priority: 1 },
];

export default defineConfig({
  // Relative: it holds behind every proxy.
  base: "./",
  plugins: [react(), definitions(), preloaded()],
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
    rolldownOptions: { output: { codeSplitting: { groups: CHUNKS } } },
  },
  server: { proxy: { "/api": process.env["ANALYTICS_API"] ?? "http://127.0.0.1:8000" } },
});
