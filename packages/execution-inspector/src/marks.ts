/** How an outcome is shown: a mark, a word and a class, so that no meaning is in the colour alone. */

import type { StateNode } from "./machine.js";
import type { Messages } from "./messages.js";
import type { StateSummary } from "./model.js";
import type { Sign } from "./signs.js";
import type { Outcome, Visit } from "./visits.js";

export interface Mark {
  sign: Sign | null;
  word: string;
  className: string;
}

/** The mark of an outcome in a state; of null, a state that was not entered. */
export function markOf(outcome: Outcome | null, node: StateNode | undefined, messages: Messages): Mark {
  const words = messages.outcomes;
  switch (outcome) {
    case null:
      return { sign: null, word: words.notEntered, className: "untaken" };
    case "succeeded":
      if (node?.role === "compensation" && node.type === "Task") {
        return { sign: "undone", word: words.compensated, className: "compensated" };
      }
      return { sign: "done", word: words.done, className: "done" };
    case "caught":
      return { sign: "caught", word: words.caught, className: "caught" };
    case "failed":
      return { sign: "failed", word: words.failed, className: "failed" };
    case "aborted":
      return { sign: "aborted", word: words.aborted, className: "failed" };
    case "waiting":
      return node?.role === "case"
        ? { sign: "person", word: words.waitingForPerson, className: "waiting" }
        : { sign: "waiting", word: words.waitingForAnswer, className: "waiting" };
    case "running":
      return { sign: "running", word: words.running, className: "running" };
  }
}

/** "4, AuthorisePayment, failed, caught: PaymentDeclined, 2 attempts": a visit for a screen reader and the list. */
export function describeVisit(visit: Visit, node: StateNode | undefined, messages: Messages): string {
  const parts = [String(visit.number), visit.state];
  if (visit.frame !== null && visit.frame.index !== null) parts.push(messages.iteration(visit.frame.index));
  const mark = markOf(visit.outcome, node, messages);
  parts.push(visit.error === null || visit.outcome === "succeeded" ? mark.word : `${mark.word}: ${visit.error}`);
  if (visit.attempts.length > 1) parts.push(messages.attempts(visit.attempts.length));
  return parts.join(", ");
}

/** A state with all its visits in words, its name first, for a screen reader. */
export function describeState(node: StateNode, summary: StateSummary | undefined, messages: Messages): string[] {
  const parts = [node.name, markOf(summary?.outcome ?? null, node, messages).word];
  if (summary !== undefined) {
    if (summary.visits.length > 1) parts.push(messages.visits(summary.visits.length));
    if (summary.retries > 0) parts.push(messages.retries(summary.retries));
    const error = summary.visits.at(-1)?.error;
    if (error && summary.outcome !== "succeeded") parts.push(error);
  }
  if (node.role !== null) parts.push(messages.roles[node.role]);
  return parts;
}
