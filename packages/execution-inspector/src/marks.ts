/** How an outcome is shown: a mark, a word and a class, so that no meaning is in the colour alone. */

import type { StateNode } from "./machine.js";
import type { StateSummary } from "./model.js";
import type { Outcome, Visit } from "./visits.js";

export interface Mark {
  sign: string;
  word: string;
  className: string;
}

/** The mark of an outcome in a state; of null, a state that was not entered. */
export function markOf(outcome: Outcome | null, node: StateNode | undefined): Mark {
  switch (outcome) {
    case null:
      return { sign: "", word: "not entered", className: "untaken" };
    case "succeeded":
      if (node?.role === "compensation" && node.type === "Task") {
        return { sign: "↩", word: "compensated", className: "compensated" };
      }
      return { sign: "✓", word: "done", className: "done" };
    case "caught":
      return { sign: "!", word: "failed, caught", className: "caught" };
    case "failed":
      return { sign: "✕", word: "failed", className: "failed" };
    case "aborted":
      return { sign: "■", word: "aborted", className: "failed" };
    case "waiting":
      return node?.role === "case"
        ? { sign: "☎", word: "waiting for a person", className: "waiting" }
        : { sign: "…", word: "waiting for an answer", className: "waiting" };
    case "running":
      return { sign: "●", word: "running", className: "running" };
  }
}

/** "4, AuthorisePayment, failed, caught: PaymentDeclined, 2 attempts": a visit for a screen reader and the list. */
export function describeVisit(visit: Visit, node: StateNode | undefined): string {
  const parts = [String(visit.number), visit.state];
  if (visit.frame !== null && visit.frame.index !== null) parts.push(`iteration ${visit.frame.index}`);
  const mark = markOf(visit.outcome, node);
  parts.push(visit.error === null || visit.outcome === "succeeded" ? mark.word : `${mark.word}: ${visit.error}`);
  if (visit.attempts.length > 1) parts.push(`${visit.attempts.length} attempts`);
  return parts.join(", ");
}

/** A state with all its visits in words, its name first, for a screen reader. */
export function describeState(node: StateNode, summary: StateSummary | undefined): string[] {
  const parts = [node.name, markOf(summary?.outcome ?? null, node).word];
  if (summary !== undefined) {
    if (summary.visits.length > 1) parts.push(`${summary.visits.length} visits`);
    if (summary.retries > 0) parts.push(`${summary.retries} retries`);
    const error = summary.visits.at(-1)?.error;
    if (error && summary.outcome !== "succeeded") parts.push(error);
  }
  if (node.role !== null) parts.push(node.role);
  return parts;
}
