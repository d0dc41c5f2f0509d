/**
 * The timeline: a row for each visit on a gap-compressed axis.
 *
 * The time between two consecutive events counts log(1 + 20·dt), so that waits of days and steps of milliseconds are
 * readable together. Lengths are distorted, so durations are always printed; a switch makes the axis linear.
 */

import { html, svg } from "./dom.js";
import { duration, toMillis } from "./format.js";
import { describeVisit, markOf } from "./marks.js";
import type { Messages } from "./messages.js";
import type { Execution } from "./model.js";
import type { Select, Selected, View } from "./selection.js";
import { inlineSign } from "./signs.js";
import type { Visit } from "./visits.js";
import { VirtualList } from "./virtual-list.js";

const ROW = 26;
const LABEL = 190;
const WIDTH = 560;
const BREAK_MS = 60_000;

export type Axis = (milliseconds: number) => number;

/** Map a time to a fraction (0 to 1) of the axis. `times` are milliseconds in ascending order. */
export function compressedAxis(times: readonly number[]): Axis {
  const points: number[] = [];
  const positions: number[] = [];
  let position = 0;
  for (const time of times) {
    const before = points.at(-1);
    if (before !== undefined && time <= before) continue;
    if (before !== undefined) position += Math.log1p((20 * (time - before)) / 1000);
    points.push(time);
    positions.push(position);
  }
  const total = position || 1;
  return (milliseconds) => {
    let [low, high] = [0, points.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((points[middle] ?? 0) <= milliseconds) low = middle;
      else high = middle - 1;
    }
    const [from, to] = [points[low] ?? 0, points[low + 1]];
    const at = positions[low] ?? 0;
    if (to === undefined || milliseconds <= from) return at / total;
    return (at + (((positions[low + 1] ?? at) - at) * (milliseconds - from)) / (to - from)) / total;
  };
}

export function linearAxis(start: number, end: number): Axis {
  const length = end - start || 1;
  return (milliseconds) => Math.min(1, Math.max(0, (milliseconds - start) / length));
}

export function timelineView(execution: Execution, visits: readonly Visit[], select: Select, messages: Messages): View {
  const list = new VirtualList(ROW, "table", messages.timeline);
  const toggle = html("input", { type: "checkbox", id: "linear" });
  const compressed = compressedAxis(execution.events.map((event) => toMillis(event.timestamp)));
  const linear = linearAxis(execution.start, execution.end);
  let selected: Visit | null = null;
  const draw = (): void => {
    const axis = toggle.checked ? linear : compressed;
    list.setRows(visits.length, (index) => {
      const visit = visits[index];
      return visit === undefined ? html("div") : timelineRow({ execution, visit, axis, isSelected: visit === selected, select, messages });
    });
  };
  toggle.addEventListener("change", draw);
  draw();
  const total = duration(execution.end - execution.start);
  return {
    element: html("section", { class: "timeline" },
      html("div", { class: "bar" },
        html("label", { for: "linear" }, toggle, ` ${messages.linearAxis}`),
        html("span", { class: "count" }, messages.inAll(total, execution.transitions))),
      list.element),
    show(next: Selected): void {
      selected = next.visit;
      const index = selected === null ? -1 : visits.indexOf(selected);
      if (index >= 0) list.scrollTo(index);
      else list.draw();
    },
  };
}

interface RowContext {
  execution: Execution;
  visit: Visit;
  axis: Axis;
  isSelected: boolean;
  select: Select;
  messages: Messages;
}

function timelineRow({ execution, visit, axis, isSelected, select, messages }: RowContext): HTMLElement {
  const node = execution.nodes.get(visit.state);
  const mark = markOf(visit.outcome, node, messages);
  const end = visit.exited ?? execution.end;
  const picture = svg("svg", { width: WIDTH, height: ROW - 4, "aria-hidden": "true" });
  const bar = (from: number, to: number, className: string): void => {
    const x = Math.min(axis(from) * WIDTH, WIDTH - 2);
    picture.append(svg("rect", { class: className, x, y: 5, height: 12, width: Math.max(2, axis(to) * WIDTH - x) }));
  };
  bar(visit.entered, end, "span");
  for (const attempt of visit.attempts) {
    const last = attempt.ended ?? end;
    bar(attempt.scheduled, attempt.started ?? attempt.submitted ?? last, "queued");
    if (attempt.submitted === null) bar(attempt.started ?? attempt.scheduled, last, attempt.error === null ? `work ${mark.className}` : "work failed");
    else bar(attempt.submitted, last, "callback");
  }
  const isLong = end - visit.entered >= BREAK_MS;
  const row = html("div", { class: `visit${isSelected ? " selected" : ""}`, role: "row", "aria-label": describeVisit(visit, node, messages) },
    html("span", { class: `label ${mark.className}`, role: "cell" }, mark.sign === null ? null : inlineSign(mark.sign), mark.sign === null ? "" : " ", visit.state),
    html("span", { role: "cell", class: "picture" }, picture),
    html("span", { class: "length", role: "cell" }, duration(end - visit.entered), isLong ? html("small", {}, ` ${messages.longVisit}`) : null));
  row.addEventListener("click", () => { select({ state: visit.state, visit, event: null }); });
  row.style.setProperty("--label-width", `${LABEL}px`);
  return row;
}
