// Pack the built console into functions/web/console, compressed, and check the size of the till.
// `--check` builds in memory and fails when the packed files differ from what the sources build.
import { build } from "vite";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const TILL_BUDGET = 90_000;
const root = fileURLToPath(new URL("..", import.meta.url));
const target = fileURLToPath(new URL("../../functions/web/console", import.meta.url));

/** The files of a folder by relative path. */
async function filesOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
}

/** The built files by path, and the manifest, which is not served. */
async function built() {
  const result = await build({ root, logLevel: "error", build: { write: false } });
  const outputs = new Map(result.output.map((file) => [file.fileName, Buffer.from(file.type === "chunk" ? file.code : file.source)]));
  for (const name of await filesOf(join(root, "public"))) outputs.set(name, await readFile(join(root, "public", name)));
  const manifest = JSON.parse(outputs.get(".vite/manifest.json").toString());
  outputs.delete(".vite/manifest.json");
  return { outputs, manifest };
}

/** The scripts and styles that the till loads: its entry, and what that imports statically. */
function tillFiles(manifest) {
  const files = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    for (const name of [chunk.file, ...(chunk.css ?? [])]) files.add(name);
    for (const imported of chunk.imports ?? []) visit(imported);
  };
  visit("index.html");
  return [...files];
}

const { outputs, manifest } = await built();
const size = tillFiles(manifest).reduce((sum, name) => sum + gzipSync(outputs.get(name), { level: 9 }).length, 0);
console.log(`till: ${size} bytes gzipped of ${TILL_BUDGET}`);
let failed = size > TILL_BUDGET;
if (failed) console.error("the till is over its budget");

if (process.argv.includes("--check")) {
  const packed = new Map();
  for (const name of await filesOf(target)) packed.set(name.replace(/\.gz$/, ""), gunzipSync(await readFile(join(target, name))));
  const stale = [...new Set([...outputs.keys(), ...packed.keys()])].filter((name) => !outputs.has(name) || !packed.get(name)?.equals(outputs.get(name)));
  if (stale.length > 0) console.error(`functions/web/console is not what the sources build (${stale.join(", ")}): run npm run build`);
  failed ||= stale.length > 0;
} else {
  await rm(target, { recursive: true, force: true });
  for (const [name, content] of outputs) {
    const file = join(target, `${name}.gz`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, gzipSync(content, { level: 9 }));
  }
}
process.exit(failed ? 1 : 0);
