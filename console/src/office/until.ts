/** Wait for a record that a workflow makes. */

import { Problem } from "../core/api";
import { pauseFor } from "../core/settle";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;
const MOST_READS = 14;

/** Read until the record exists, for about 40 seconds; then, and for any other failure, raise the Problem of the read. */
export async function until<T>(read: () => Promise<T>, sleep: (milliseconds: number) => Promise<void> = pauseFor): Promise<T> {
  for (let attempt = 1, pause = FIRST_PAUSE_MS; ; attempt += 1, pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404 || attempt === MOST_READS) throw error;
    }
    await sleep(pause);
  }
}
