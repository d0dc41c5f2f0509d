/** Lock the console after a while without use. */

import { useEffect } from "react";

const EVENTS = ["pointerdown", "keydown"] as const;

export function useIdle(minutes: number, onIdle: () => void): void {
  useEffect(() => {
    let timer = setTimeout(onIdle, minutes * 60_000);
    const restart = (): void => {
      clearTimeout(timer);
      timer = setTimeout(onIdle, minutes * 60_000);
    };
    for (const name of EVENTS) window.addEventListener(name, restart, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const name of EVENTS) window.removeEventListener(name, restart);
    };
  }, [minutes, onIdle]);
}
