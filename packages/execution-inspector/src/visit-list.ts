/** The visits as text: what the graph and the timeline show, for a screen reader and for copying. */

import { html } from "./dom.js";
import { duration } from "./format.js";
import { describeVisit } from "./marks.js";
import type { Messages } from "./messages.js";
import type { Execution } from "./model.js";
import type { Select, Selected, View } from "./selection.js";
import type { Visit } from "./visits.js";
import { VirtualList } from "./virtual-list.js";

const ROW = 24;

export function visitList(execution: Execution, visits: readonly Visit[], select: Select, messages: Messages): View {
  const list = new VirtualList(ROW, "list", messages.visitList);
  let selected: Visit | null = null;
  list.setRows(visits.length, (index) => {
    const visit = visits[index];
    if (visit === undefined) return html("div");
    const took = duration((visit.exited ?? execution.end) - visit.entered);
    const times = messages.visitTimes(duration(visit.entered - execution.start), took);
    const text = `${describeVisit(visit, execution.nodes.get(visit.state), messages)}, ${times}`;
    const row = html("div", { class: `line${visit === selected ? " selected" : ""}`, role: "listitem" },
      html("button", { type: "button" }, text));
    row.addEventListener("click", () => { select({ state: visit.state, visit, event: null }); });
    return row;
  });
  return {
    element: html("section", { class: "visits" }, list.element),
    show(next: Selected): void {
      selected = next.visit;
      const index = selected === null ? -1 : visits.indexOf(selected);
      if (index >= 0) list.scrollTo(index);
      else list.draw();
    },
  };
}
