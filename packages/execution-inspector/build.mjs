// Bundle the component. `dist/` is for the npm package; the Python package stepfunctions-local carries its copies.
// `--check` builds in memory and fails when the copies differ from what the sources build.
import { build } from "esbuild";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import process from "node:process";

const here = new URL(".", import.meta.url);
const copies = new URL("../stepfunctions-local/src/stepfunctions_local/web/", here);
const common = { bundle: true, minify: true, write: false, target: "es2022", legalComments: "none", charset: "utf8" };
const outputs = {
  "execution-inspector.js": { entryPoints: ["src/index.ts"], format: "esm", folder: new URL("dist/", here) },
  "standalone.js": { entryPoints: ["src/standalone.ts"], format: "iife", folder: copies },
  "engine-page.js": { entryPoints: ["src/page/engine-page.ts"], format: "iife", folder: copies },
};
const check = process.argv.includes("--check");
let stale = false;
for (const [name, { folder, ...options }] of Object.entries(outputs)) {
  const { outputFiles } = await build({ ...common, ...options, absWorkingDir: here.pathname });
  const text = outputFiles[0].text;
  const file = new URL(name, folder);
  if (!check) {
    await mkdir(folder, { recursive: true });
    await writeFile(file, text);
    console.log(`${name}: ${text.length} bytes, ${gzipSync(text, { level: 9 }).length} gzipped`);
  } else if (folder === copies && (await readFile(file, "utf8").catch(() => "")) !== text) {
    stale = true;
    console.error(`${file.pathname} is not what the sources build: run npm run build`);
  }
}
process.exit(stale ? 1 : 0);
