import { useEffect } from "react";
import { loadConfig } from "../core/config";
import { setReached, useReached } from "../core/connection";
import { useShop } from "../core/shop";
import { useQueue } from "./queue";
import { sendQueuedSales } from "./sync";

const FIRST_MS = 1_000;
const RETRY_MS = 5_000;

/** Notice that the connection is lost, send the queued sales while any waits, and look for the connection while there is none. */
export function useSync(): void {
  const { api } = useShop();
  const isReached = useReached();
  const hasWaiting = useQueue().some(({ state }) => state === "waiting");
  useEffect(() => {
    const lose = (): void => setReached(false);
    window.addEventListener("offline", lose);
    return () => window.removeEventListener("offline", lose);
  }, []);
  useEffect(() => {
    if (!hasWaiting && isReached) return;
    const work = async (): Promise<void> => {
      if (!isReached) setReached(!(await loadConfig()).isStored);
      if (hasWaiting) await sendQueuedSales(api);
    };
    const attempt = (): void => { work().catch(() => undefined); };
    // Not at once: a connection that is just being lost may still serve one request.
    const first = setTimeout(attempt, hasWaiting ? 0 : FIRST_MS);
    const timer = setInterval(attempt, RETRY_MS);
    window.addEventListener("online", attempt);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
      window.removeEventListener("online", attempt);
    };
  }, [api, hasWaiting, isReached]);
}
