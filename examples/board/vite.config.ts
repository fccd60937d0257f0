import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: "automatic" } },
  server: { host: "127.0.0.1" },
  build: { target: "es2024" },
});
