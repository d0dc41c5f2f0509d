import { createRoot } from "react-dom/client";
import { App } from "./app";
import { BASE, loadConfig } from "./core/config";
import { Session } from "./core/session";
import { lastPerson } from "./offline/last-person";
import { loadParts } from "./till/lazy-parts";
import "./styles.css";

async function start(): Promise<void> {
  const place = document.getElementById("root");
  if (place === null) return;
  const root = createRoot(place);
  // At once: without these files a till takes no cash without a connection. The till loads them again if this fails.
  loadParts().catch(() => undefined);
  try {
    const { config, isStored } = await loadConfig();
    const session = new Session(config);
    const person = isStored ? lastPerson() : await session.resume();
    if (isStored) session.startWithoutConnection();
    root.render(<App config={config} session={session} firstPerson={person} wasOffline={isStored} />);
  } catch (error) {
    root.render(<p role="alert" className="notice bad">{String(error)}</p>);
  }
  // A browser without one sells with a connection only.
  if (!("serviceWorker" in navigator)) return;
  registerWorker();
  // A worker that lost the connection while it stored the files is installed once the connection is back.
  window.addEventListener("online", registerWorker);
}

function registerWorker(): void {
  navigator.serviceWorker.register(new URL("sw.js", BASE)).catch(() => undefined);
}

void start();
