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
      const files = new Set<string>();
      // What the first file has, the page names itself. A file needs the styles of all that it imports.
      const visit = (name: string): void => {
        const file = bundle[name];
        if (file?.type !== "chunk" || file.isEntry || files.has(name)) return;
        files.add(name);
        for (const style of file.viteMetadata?.importedCss ?? []) files.add(style);
        file.imports.forEach(visit);
      };
      Object.values(bundle).filter((file) => file.type === "chunk" && file.name === "parts").forEach(({ fileName }) => visit(fileName));
      return [...files].map((name) => ({ tag: "link", attrs: { rel: "prefetch", href: `./${name}` }, injectTo: "head" as const }));
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
