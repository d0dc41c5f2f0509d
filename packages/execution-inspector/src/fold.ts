/** Folding: case states that nothing entered, and long runs of uneventful states, become one box each. */

import { assignColumns } from "./saga-layout.js";
import type { Machine, StateNode } from "./machine.js";
import type { StateSummary } from "./model.js";
import { isTerminal } from "./layout.js";

const LONG_MACHINE = 60;
const LONG_RUN = 5;

/** Return folded states by the id of their box. `open`: ids that the user has unfolded. */
export function foldStates(
  machine: Machine,
  summaries: Map<string, StateSummary>,
  open: ReadonlySet<string>,
): Map<string, string[]> {
  const folds = new Map<string, string[]>();
  if (!machine.hasRoles) return folds;
  const columns = assignColumns(machine);
  const states = [...machine.states.values()];
  const add = (id: string, names: string[]): void => {
    if (names.length > 1 && !open.has(id)) folds.set(id, names);
  };
  const entered = (state: StateNode): boolean => summaries.has(state.name);
  const cases = states.filter((state) => columns.get(state.name) === 2 && !isTerminal(state.type));
  if (!cases.some(entered)) add("fold:cases", cases.map((state) => state.name));

  const spine = states.filter((state) => columns.get(state.name) === 0 && !isTerminal(state.type));
  if (spine.length <= LONG_MACHINE) return folds;
  let run: string[] = [];
  const flush = (): void => {
    if (run.length > LONG_RUN) add(`fold:${run[0] ?? ""}`, run);
    run = [];
  };
  for (const state of spine) {
    if (isUneventful(state, summaries.get(state.name))) run.push(state.name);
    else flush();
  }
  flush();
  return folds;
}

/** Entered once and done at the first attempt, or not entered; and not a state that readers look for. */
function isUneventful(state: StateNode, summary: StateSummary | undefined): boolean {
  if (state.role === "pivot" || state.inner.length > 0) return false;
  if (summary === undefined) return true;
  return summary.visits.length === 1 && summary.retries === 0 && summary.outcome === "succeeded";
}
