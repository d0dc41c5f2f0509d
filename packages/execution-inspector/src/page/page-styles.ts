export const PAGE_STYLES = `
:root { color-scheme: light dark; --failed: light-dark(#b3261e, #f2938c); --done: light-dark(#14713b, #65c98d); --running: light-dark(#0b57d0, #8ab4f8); }
* { box-sizing: border-box; }
html, body { margin: 0; height: 100%; }
body { display: flex; flex-direction: column; font: 14px/1.5 system-ui, sans-serif; background: light-dark(#fff, #15181d); color: light-dark(#1b1f24, #e7eaee); }
h1 { font-size: 16px; margin: 0; padding: 8px 12px; } h2 { font-size: 15px; margin: 14px 0 6px; }
main { flex: 1; min-height: 0; padding: 0 12px 12px; display: flex; flex-direction: column; overflow: auto; }
execution-inspector { flex: 1; min-height: 480px; border: 1px solid light-dark(#c4c9cf, #474e57); }
a { color: var(--running); }
table { border-collapse: collapse; } th, td { text-align: start; padding: 3px 16px 3px 0; overflow-wrap: anywhere; }
form { display: grid; gap: 6px; max-width: 640px; }
input, textarea, select, button { font: inherit; padding: 3px 8px; }
textarea { font-family: ui-monospace, monospace; }
.bar { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; margin: 0 0 8px; }
.error, .failed, .timed_out, .aborted { color: var(--failed); } .succeeded { color: var(--done); } .running { color: var(--running); }
`;
