/** Send a request until its outcome is known. The same request again starts nothing, so that repeating is safe. */

import { Problem, type ApiResponse } from "./api";

export type Outcome<T> = { kind: "done"; body: T } | { kind: "refused"; problem: Problem };
export type Progress = "sending" | "waiting" | "reconnecting";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/** Seconds that the API waits for the end of a workflow before it returns 202. */
export const WAIT_SECONDS = 15;

/** Wait. */
export function pauseFor(milliseconds: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

/** Return how a request ended. Raises the Problem of a session that ended: it is sent again after the sign-in. */
export async function settle<T>(
  send: () => Promise<ApiResponse<T>>,
  onProgress: (progress: Progress) => void = () => undefined,
  sleep: (milliseconds: number) => Promise<void> = pauseFor,
): Promise<Outcome<T>> {
  let pause = FIRST_PAUSE_MS;
  onProgress("sending");
  for (;;) {
    try {
      const { status, body } = await send();
      if (status !== 202) return { kind: "done", body };
      onProgress("waiting");
      pause = FIRST_PAUSE_MS;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 401) throw error;
      if (!error.isTransient) return { kind: "refused", problem: error };
      onProgress("reconnecting");
    }
    await sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}
