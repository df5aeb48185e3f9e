import type { Config } from "tailwindcss";

export default {
  darkMode: "class",
  content: ["./app/**/*.tsx", "./components/**/*.tsx"],
} satisfies Config;
