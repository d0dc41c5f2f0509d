/** Whether the API was reached by the last request. */

import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let isReached = true;

export function setReached(reached: boolean): void {
  if (reached === isReached) return;
  isReached = reached;
  for (const listener of listeners) listener();
}

export function useReached(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => isReached);
}
