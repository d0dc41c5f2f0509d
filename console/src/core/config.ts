/** Settings of the deployment: `config.json`, next to the page. */
export interface Config {
  stack: string;
  client_id: string;
  issuer: string;
  sign_in_url: string;
  currency: string;
  /** The IANA name of the zone that times are shown in; UTC if the browser does not know the deployment's. */
  time_zone: string;
  card_providers: Record<string, string>;
  /** The highest amount, in minor units, of a cash sale without a connection; 0 for none. */
  offline_limit: number;
  /** Whether the API mails documents. */
  sends_mail: boolean;
}

/** Whether cards of a location go to the sandbox provider, whose test cards the till then offers. */
export function hasSandboxCards(config: Config, location: string): boolean {
  return (config.card_providers[location] ?? config.card_providers[""]) === "sandbox";
}

/** Return the time zone if this browser knows it, UTC if not, also for the configuration of an earlier release. */
export function knownTimeZone(name = "UTC"): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return name;
  } catch {
    return "UTC";
  }
}

/** The folder that the console is served from. The API is below it. */
export const BASE = new URL(".", location.origin + location.pathname).href;

export interface LoadedConfig {
  config: Config;
  /** Whether the service worker has it, because there is no connection. */
  isStored: boolean;
}

/** Read the configuration. Raises an Error when it cannot be read. */
export async function loadConfig(): Promise<LoadedConfig> {
  const response = await fetch(new URL("config.json", BASE));
  if (!response.ok) throw new Error(`config.json: HTTP ${response.status}`);
  const config = (await response.json()) as Config;
  return { config: { ...config, time_zone: knownTimeZone(config.time_zone) }, isStored: response.headers.has("x-tillflow-stored") };
}
