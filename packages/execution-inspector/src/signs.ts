/** Signs that are drawn as paths: fonts do not have every sign. */

import { svg } from "./dom.js";

const SIZE = 12;

/** Paths in a square of 12. */
const PATHS = {
  done: "m2 6.5 3 3.5 5-8",
  undone: "M5 2 2 5l3 3M2.5 5H8a2.2 2.2 0 0 1 0 5H5.5",
  caught: "M6 1.5v6M6 10v.7",
  failed: "m2 2 8 8M10 2l-8 8",
  aborted: "M3 3h6v6H3z",
  person: "M6 1.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4M2 11c0-5.3 8-5.3 8 0",
  waiting: "M2 6v.1M6 6v.1M10 6v.1",
  running: "M6 3.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  retry: "M9.5 4A4 4 0 1 0 10 7M10 1v3.3H6.700",
  open: "m4 2 4 4-4 4",
} as const;

export type Sign = keyof typeof PATHS;

/** A sign in a drawing, with its upper left corner at a point. */
export function drawnSign(name: Sign, x: number, y: number): SVGElement {
  return svg("path", { class: "sign", d: PATHS[name], transform: `translate(${x} ${y})` });
}

/** A sign in a line of text; what it means is said by a word next to it. */
export function inlineSign(name: Sign): SVGElement {
  return svg("svg", { class: "sign", width: SIZE, height: SIZE, viewBox: `0 0 ${SIZE} ${SIZE}`, "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}
