/** Whether all files of the till are on this device: then it sells, and opens again, without a connection. */

import { useEffect, useState } from "react";
import { loadParts } from "../till/lazy-parts";

const RETRY_MS = 2_000;

/** loaded: this page takes cash without a connection; stored: it opens again without one. */
export type Readiness = "loading" | "loaded" | "stored";

export function useReadiness(): Readiness {
  const [readiness, setReadiness] = useState<Readiness>("loading");
  useEffect(() => {
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout>;
    const reach = (reached: Readiness): void => { if (isCurrent) setReadiness(reached); };
    const load = (): void => {
      loadParts().then(() => {
        reach("loaded");
        // A worker is ready once it has stored every file.
        if ("serviceWorker" in navigator) void navigator.serviceWorker.ready.then(() => reach("stored"));
      }, () => { if (isCurrent) timer = setTimeout(load, RETRY_MS); });
    };
    load();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, []);
  return readiness;
}
