import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const inspector = fileURLToPath(new URL("../packages/execution-inspector/src/index.ts", import.meta.url));

// Relative addresses: the local AWS serves an API below a path, AWS at the root.
export default defineConfig({
  base: "./",
  plugins: [react()],
  resolve: { alias: { "execution-inspector": inspector }, dedupe: ["@dagrejs/dagre"] },
  build: { target: "es2022", manifest: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"], setupFiles: ["tests/setup.ts"], restoreMocks: true },
});
