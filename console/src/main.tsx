import { createRoot } from "react-dom/client";
import { App } from "./app";
import { loadConfig } from "./core/config";
import { Session } from "./core/session";
import "./styles.css";

async function start(): Promise<void> {
  const place = document.getElementById("root");
  if (place === null) return;
  const root = createRoot(place);
  try {
    const config = await loadConfig();
    const session = new Session(config);
    root.render(<App config={config} session={session} firstPerson={await session.resume()} />);
  } catch (error) {
    root.render(<p role="alert" className="notice bad">{String(error)}</p>);
  }
}

void start();
