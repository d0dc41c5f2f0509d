/** Wait for a record that a workflow makes. */

import { Problem } from "../core/api";

const READ_EVERY_MS = 500;
const READS = 60;

/** Read until the record exists, for half a minute at most. Raises any Problem but its absence. */
export async function until(read: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < READS; attempt += 1) {
    try {
      await read();
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
    await new Promise((resolve) => { setTimeout(resolve, READ_EVERY_MS); });
  }
}
