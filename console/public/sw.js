// Serve the till without a connection: its page, its scripts and styles, and the deployment's configuration.
// The API is never cached. A new page replaces the stored one when all that it loads is stored.
const CACHE = `tillflow-console ${self.registration.scope}`;
const PAGE = new URL("./index.html", self.registration.scope).href;
const CONFIG = new URL("./config.json", self.registration.scope).href;
const NETWORK_MS = 4000;

/** The addresses that the page loads: its scripts, styles and icon. */
function loadedBy(html) {
  return [...html.matchAll(/(?:src|href)="(\.\/[^"]+)"/g)].map((match) => new URL(match[1], self.registration.scope).href);
}

/** Store the page of this response after what it loads. With a new page, what an earlier one has loaded is removed. */
async function storePage(response) {
  const cache = await caches.open(CACHE);
  const wanted = loadedBy(await response.clone().text());
  const stored = (await cache.keys()).map((request) => request.url);
  const missing = wanted.filter((url) => !stored.includes(url));
  await cache.addAll(missing);
  await cache.put(PAGE, response);
  if (missing.length === 0) return;
  const kept = new Set([...wanted, PAGE, CONFIG]);
  await Promise.all(stored.filter((url) => !kept.has(url)).map((url) => cache.delete(url)));
}

function fromNetwork(request) {
  return fetch(request, { signal: AbortSignal.timeout(NETWORK_MS) });
}

async function page(event) {
  const stored = await (await caches.open(CACHE)).match(PAGE);
  const response = await fromNetwork(PAGE).catch(() => null);
  if (response?.ok) {
    event.waitUntil(storePage(response.clone()).catch(() => undefined));
    return response;
  }
  return stored ?? response ?? Response.error();
}

/** The configuration of the network; the stored one, marked as such, without a connection. */
async function config(event) {
  const cache = await caches.open(CACHE);
  const response = await fromNetwork(CONFIG).catch(() => null);
  if (response?.ok) {
    event.waitUntil(cache.put(CONFIG, response.clone()));
    return response;
  }
  const stored = await cache.match(CONFIG);
  if (stored === undefined) return response ?? Response.error();
  return new Response(stored.body, { headers: { "content-type": "application/json", "x-tillflow-stored": "1" } });
}

/** A script or style; what is loaded after the page is stored too, so that it is there without a connection. */
async function asset(event) {
  const cache = await caches.open(CACHE);
  const stored = await cache.match(event.request);
  if (stored !== undefined) return stored;
  const response = await fetch(event.request);
  if (response.ok) event.waitUntil(cache.put(event.request, response.clone()));
  return response;
}

self.addEventListener("install", (event) => {
  const work = Promise.all([fetch(PAGE, { cache: "no-cache" }), fetch(CONFIG)]).then(async ([html, configuration]) => {
    if (!html.ok || !configuration.ok) throw new Error("the console cannot be read");
    await storePage(html);
    await (await caches.open(CACHE)).put(CONFIG, configuration);
  });
  event.waitUntil(work.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const scope = new URL(self.registration.scope);
  if (request.method !== "GET" || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length);
  if (path === "config.json") event.respondWith(config(event));
  else if (path === "" || path === "index.html") event.respondWith(page(event));
  else if (path.startsWith("assets/") || path === "icon.svg") event.respondWith(asset(event));
});
