/** What the deployment tells the console: `config.json`, beside its page. */
export interface Config {
  stack: string;
  client_id: string;
  issuer: string;
  sign_in_url: string;
  currency: string;
  sandbox_payments: boolean;
}

/** The folder that the console is served from. The API is below it. */
export const BASE = new URL(".", location.origin + location.pathname).href;

/** Read the configuration. Raises an Error when it cannot be read. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch(new URL("config.json", BASE));
  if (!response.ok) throw new Error(`config.json: HTTP ${response.status}`);
  return (await response.json()) as Config;
}
