/** The layout of a machine without saga roles: dagre, with Catch edges left out unless taken. */

import {
  boxes,
  edgesBetween,
  NODE_HEIGHT,
  NODE_WIDTH,
  type Layout,
  type LayoutRequest,
  type PlacedEdge,
} from "./layout.js";

const MARGIN = 24;

/** Lay a machine out with dagre, which is loaded when it is first needed. */
export async function fallbackLayout(request: LayoutRequest): Promise<Layout> {
  const { Graph, layout } = await import("@dagrejs/dagre");
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 26, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  const items = boxes(request);
  for (const item of items) graph.setNode(item.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  const edges = edgesBetween(request).map((found, index) => ({ ...found, name: String(index) }));
  const drawn = edges.filter(({ edge }) => edge.kind !== "catch" || request.isTaken(edge));
  for (const { from, to, name } of drawn) graph.setEdge(from, to, {}, name);
  layout(graph);
  const at = (id: string): { x: number; y: number } => {
    const node = graph.node(id) as { x: number; y: number };
    return { x: node.x - NODE_WIDTH / 2, y: node.y - NODE_HEIGHT / 2 };
  };
  for (const item of items) Object.assign(item, at(item.id));
  const placed = edges.map(({ edge, from, to, name }): PlacedEdge => {
    const route = graph.edge({ v: from, w: to, name }) as { points?: { x: number; y: number }[] } | undefined;
    const points = route?.points?.map(({ x, y }): [number, number] => [x, y]);
    return { ...edge, points: points ?? direct(at(from), at(to)), quiet: points === undefined };
  });
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: Math.max(size.width ?? 0, NODE_WIDTH + 2 * MARGIN),
    height: Math.max(size.height ?? 0, NODE_HEIGHT + 2 * MARGIN),
    items,
    edges: placed,
    columns: [],
  };
}

function direct(from: { x: number; y: number }, to: { x: number; y: number }): [number, number][] {
  const right = from.x + NODE_WIDTH;
  return [
    [right, from.y + 15],
    [Math.max(right, to.x + NODE_WIDTH) + 12, from.y + 15],
    [Math.max(right, to.x + NODE_WIDTH) + 12, to.y + 15],
    [to.x + NODE_WIDTH, to.y + 15],
  ];
}
