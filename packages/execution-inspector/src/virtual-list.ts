/** A list of rows of one height, of which only those in view are in the document. */

import { html } from "./dom.js";

const SPARE_ROWS = 8;

export class VirtualList {
  readonly element: HTMLElement;
  readonly #canvas: HTMLElement;
  readonly #rowHeight: number;
  #count = 0;
  #render: (index: number) => HTMLElement = () => html("div");

  /** `role` and `label` are those of the scrolling element. */
  constructor(rowHeight: number, role: string, label: string) {
    this.#rowHeight = rowHeight;
    this.#canvas = html("div", { class: "canvas", role: "presentation" });
    this.element = html("div", { class: "virtual", role, "aria-label": label, tabindex: 0 }, this.#canvas);
    this.element.addEventListener("scroll", () => { this.draw(); });
  }

  setRows(count: number, render: (index: number) => HTMLElement): void {
    this.#count = count;
    this.#render = render;
    this.#canvas.style.setProperty("height", `${count * this.#rowHeight}px`);
    this.element.setAttribute("aria-rowcount", String(count));
    this.draw();
  }

  /** Draw the rows in view anew. */
  draw(): void {
    const height = this.element.clientHeight || 480;
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.#rowHeight) - SPARE_ROWS);
    const last = Math.min(this.#count, Math.ceil((this.element.scrollTop + height) / this.#rowHeight) + SPARE_ROWS);
    const rows: HTMLElement[] = [];
    for (let index = first; index < last; index += 1) {
      const row = this.#render(index);
      row.style.setProperty("transform", `translateY(${index * this.#rowHeight}px)`);
      row.setAttribute("aria-rowindex", String(index + 1));
      rows.push(row);
    }
    this.#canvas.replaceChildren(...rows);
  }

  scrollTo(index: number): void {
    const top = index * this.#rowHeight;
    const height = this.element.clientHeight || 480;
    if (top < this.element.scrollTop || top + this.#rowHeight > this.element.scrollTop + height) {
      this.element.scrollTop = Math.max(0, top - height / 2);
    }
    this.draw();
  }
}
