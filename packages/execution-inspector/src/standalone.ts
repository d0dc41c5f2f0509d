/** The entry of a self-contained page: data is gzipped and base64 in `<script id="data">`, and nothing is fetched. */

import { defineExecutionInspector, ExecutionInspector } from "./inspector.js";
import type { ChildExecution, InspectorInput } from "./types.js";

interface PageData extends InspectorInput {
  /** Children by ARN, and the children of each map run. */
  children?: Record<string, InspectorInput>;
  mapRuns?: Record<string, ChildExecution[]>;
}

async function start(): Promise<void> {
  const text = document.getElementById("data")?.textContent.trim() ?? "";
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = (await new Response(stream).json()) as PageData;
  defineExecutionInspector();
  const inspector = new ExecutionInspector();
  inspector.setAttribute("fragment", "");
  inspector.setAttribute("role", "main");
  inspector.loader = {
    listMapRun: (arn) => Promise.resolve(data.mapRuns?.[arn] ?? []),
    load: (arn) => {
      const child = data.children?.[arn];
      return child === undefined ? Promise.reject(new Error("it is not in this file")) : Promise.resolve(child);
    },
  };
  document.body.append(inspector);
  inspector.data = data;
  document.title = `${data.execution.name} ${data.execution.status}`;
}

void start();
