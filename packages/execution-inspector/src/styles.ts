/** Colours come in pairs for light and dark, each at least 4.5:1 on its ground. */

export const STYLES = `
:host {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #15181d); --ink: light-dark(#1b1f24, #e7eaee); --dim: light-dark(#6a7077, #979fa9);
  --line: light-dark(#c4c9cf, #474e57); --panel: light-dark(#f5f6f8, #1e2229); --focus: light-dark(#0b57d0, #8ab4f8);
  --done: light-dark(#14713b, #65c98d); --done-fill: light-dark(#e6f4ea, #173324);
  --caught: light-dark(#8f4a00, #f0b060); --caught-fill: light-dark(#fff3e0, #3a2a12);
  --failed: light-dark(#b3261e, #f2938c); --failed-fill: light-dark(#fde7e6, #431c1a);
  --undone: light-dark(#5f36ae, #bfa5f5); --undone-fill: light-dark(#efe9fb, #2b2145);
  --waiting: light-dark(#0b57d0, #8ab4f8); --waiting-fill: light-dark(#e6effd, #17273f);
  display: grid; grid-template: auto 1fr / minmax(0, 1fr) minmax(280px, 340px); gap: 0 12px;
  height: 100%; min-height: 420px; background: var(--ground); color: var(--ink);
  font: 13px/1.45 system-ui, sans-serif; container-type: inline-size;
}
* { box-sizing: border-box; }
/* Each text in its own direction: in a right-to-left page a duration, a name and a sentence keep their order. */
:where(h2, h3, h4, p, dt, dd, th, td, caption, label, input, .event > *, .visit > *, .count) { unicode-bidi: plaintext; text-align: match-parent; text-align: -webkit-match-parent; }
button { unicode-bidi: plaintext; }
pre, .picture { direction: ltr; unicode-bidi: isolate; text-align: left; }
header { grid-column: 1 / -1; padding: 8px 12px; border-bottom: 1px solid var(--line); }
header h2 { margin: 0; font-size: 15px; overflow-wrap: anywhere; }
header p { margin: 2px 0 6px; } header label { white-space: nowrap; }
nav, [role=tablist] { display: inline-flex; flex-wrap: wrap; gap: 4px; align-items: center; margin-inline-end: 12px; }
button, select, input[type=search] {
  font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 5px; padding: 2px 8px;
}
button[aria-selected=true], button[aria-pressed=true] { border-color: var(--focus); font-weight: 600; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.main { overflow: auto; scrollbar-width: thin; min-height: 0; display: flex; flex-direction: column; }
.main > * { flex: 1 1 auto; min-height: 0; }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding: 6px 12px; flex: none; }
.bar input[type=search] { flex: 1 1 220px; }
.count, .comment { color: var(--dim); }
section { display: flex; flex-direction: column; min-height: 0; }
.virtual { overflow: auto; flex: 1 1 300px; min-height: 160px; position: relative; }
.canvas { position: relative; }
.canvas > * { position: absolute; inset-inline: 0; top: 0; }
.graph { flex: none; margin: 0 auto; max-width: none; direction: ltr; }
.graph text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.graph .column { font-weight: 600; fill: var(--dim); }
.box { cursor: pointer; outline: none; }
.box rect { fill: var(--ground); stroke: var(--line); stroke-width: 1.5; }
.box.untaken text, .box.fold text { fill: var(--dim); }
.box.fold rect { stroke-dasharray: 2 3; }
.box.done rect { fill: var(--done-fill); stroke: var(--done); }
.box.caught rect { fill: var(--caught-fill); stroke: var(--caught); stroke-dasharray: 5 3; }
.box.failed rect { fill: var(--failed-fill); stroke: var(--failed); stroke-width: 2.5; }
.box.compensated rect { fill: var(--undone-fill); stroke: var(--undone); }
.box.waiting rect, .box.running rect { fill: var(--waiting-fill); stroke: var(--waiting); stroke-width: 2.5; }
.box.selected > rect { stroke-width: 3.5; }
.box:focus-visible > rect { stroke: var(--focus); stroke-width: 3.5; }
.box .number, .box .badge { text-anchor: end; }
.graph .number, .graph .badge { font-size: 11px; font-weight: 600; fill: var(--ink); }
.graph .badge { stroke: var(--ground); stroke-width: 4; paint-order: stroke; }
.sign { fill: none; stroke: var(--ink); stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
svg.sign { vertical-align: -1px; }
.open rect { fill: var(--panel); stroke: var(--line); }
.edge polyline { fill: none; stroke: var(--line); stroke-width: 1.25; }
.edge polygon { fill: var(--line); }
.edge .error { fill: var(--caught); font-weight: 600; stroke: var(--ground); stroke-width: 4; paint-order: stroke; }
.edge.taken polyline { stroke: var(--done); stroke-width: 2; }
.edge.taken polygon { fill: var(--done); }
.edge.taken.catch polyline { stroke: var(--caught); stroke-dasharray: 6 3; }
.edge.taken.catch polygon { fill: var(--caught); }
.edge.taken.compensating polyline { stroke: var(--undone); }
.edge.taken.compensating polygon { fill: var(--undone); }
.edge.quiet { visibility: hidden; }
.edge.near { visibility: visible; }
.edge.near.untaken polyline { stroke: var(--dim); stroke-width: 1.75; }
.show-catches .edge.quiet { visibility: visible; }
.event, .visit, .line { display: flex; gap: 10px; align-items: center; height: 24px; padding: 0 12px; white-space: nowrap; }
.event > *, .visit > * { overflow: hidden; text-overflow: ellipsis; }
.event > :nth-child(1), .event > :nth-child(2) { flex: 0 0 76px; color: var(--dim); }
.event > :nth-child(3) { flex: 0 0 200px; }
.event > :nth-child(4) { flex: 0 0 160px; }
.event > :nth-child(5) { flex: 1 1 auto; font-family: ui-monospace, monospace; }
.event.header { font-weight: 600; flex: none; border-bottom: 1px solid var(--line); }
.event.failed { color: var(--failed); }
.visit { height: 26px; cursor: pointer; }
.visit .label { flex: 0 0 190px; }
.visit .length { flex: 0 0 110px; }
.visit .length small { color: var(--dim); font-size: inherit; }
.label.done { color: var(--done); } .label.caught { color: var(--caught); } .label.failed { color: var(--failed); }
.label.compensated { color: var(--undone); } .label.waiting, .label.running { color: var(--waiting); }
.span { fill: var(--panel); stroke: var(--line); } .queued { fill: var(--line); }
.work { fill: var(--done); } .work.failed { fill: var(--failed); } .work.compensated { fill: var(--undone); }
.callback { fill: var(--waiting-fill); stroke: var(--waiting); stroke-dasharray: 3 2; }
.selected { background: var(--waiting-fill); }
.line button { border: 0; background: none; padding: 0; text-align: match-parent; text-align: -webkit-match-parent; }
.line.failed button { color: var(--failed); } .line.caught button { color: var(--caught); }
.details { overflow: auto; min-height: 0; padding: 8px 12px; border-inline-start: 1px solid var(--line); background: var(--panel); }
.details h3 { margin: 0 0 6px; overflow-wrap: anywhere; } .details h4 { margin: 10px 0 4px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 10px; margin: 0 0 8px; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
pre { overflow: auto; max-height: 320px; padding: 6px; margin: 4px 0; background: var(--ground); border: 1px solid var(--line); }
table { border-collapse: collapse; } th, td { padding-block: 1px; padding-inline: 0 8px; vertical-align: top; overflow-wrap: anywhere; }
caption { font-weight: 600; }
@container (max-width: 760px) { .details { grid-column: 1; border-inline-start: 0; } }
@media (prefers-reduced-motion: no-preference) { .box.running rect { animation: pulse 1.6s ease-in-out infinite; } }
@keyframes pulse { 50% { stroke-opacity: 0.35; } }
`;
