/** What is selected, shared by all views. */

import type { Visit } from "./visits.js";

export interface Selected {
  state: string | null;
  visit: Visit | null;
  event: number | null;
}

export const NOTHING: Selected = { state: null, visit: null, event: null };

export type Select = (selected: Selected) => void;

/** A view of the execution. `show` marks the selection without drawing anew. */
export interface View {
  element: Element;
  show(selected: Selected): void;
}
