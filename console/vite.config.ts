import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const inspector = fileURLToPath(new URL("../packages/execution-inspector/src/index.ts", import.meta.url));

/** Name the files of the till's later parts in the page: the browser loads them after the till, the service worker stores them. */
const prefetchParts: Plugin = {
  name: "prefetch-parts",
  transformIndexHtml: {
    order: "post",
    handler: (_, { bundle = {} }) => {
      const isEntry = (name: string): boolean => bundle[name]?.type === "chunk" && bundle[name].isEntry;
      const files = Object.values(bundle).flatMap((file) => (file.type === "chunk" && file.name === "parts"
        ? [file.fileName, ...file.imports.filter((name) => !isEntry(name)), ...(file.viteMetadata?.importedCss ?? [])]
        : []));
      return files.map((name) => ({ tag: "link", attrs: { rel: "prefetch", href: `./${name}` }, injectTo: "head" as const }));
    },
  },
};

// Relative addresses: the local AWS serves an API below a path, AWS at the root.
export default defineConfig({
  base: "./",
  plugins: [react(), prefetchParts],
  resolve: { alias: { "execution-inspector": inspector }, dedupe: ["@dagrejs/dagre"] },
  build: {
    target: "es2022",
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // One file for what the till opens with: it is smaller than two.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "till", tags: ["$initial"] }] } } },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
    // A device in another time zone than any shop of the tests.
    env: { TZ: "Asia/Tokyo" },
  },
});
