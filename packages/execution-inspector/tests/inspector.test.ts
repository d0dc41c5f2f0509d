import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { defineExecutionInspector, ExecutionInspector, messagesOf } from "../src/index.js";
import { mapHistory, recorded } from "./support.js";
import type { InspectorInput } from "../src/types.js";

beforeAll(defineExecutionInspector);
afterEach(() => { document.body.replaceChildren(); });

async function shown(input: InspectorInput): Promise<{ inspector: ExecutionInspector; root: ShadowRoot }> {
  const inspector = new ExecutionInspector();
  document.body.append(inspector);
  inspector.data = input;
  await vi.waitFor(() => { expect(root().querySelector(".graph")).not.toBeNull(); });
  function root(): ShadowRoot {
    if (inspector.shadowRoot === null) throw new Error("no shadow root");
    return inspector.shadowRoot;
  }
  return { inspector, root: root() };
}

function open(root: ShadowRoot, tab: string): void {
  const button = [...root.querySelectorAll("[role=tab]")].find((one) => one.textContent === tab);
  (button as HTMLElement).click();
}

function box(root: ShadowRoot, state: string): Element {
  const found = root.querySelector(`[data-id="${state}"]`);
  if (found === null) throw new Error(`no box ${state}`);
  return found;
}

describe("the component", () => {
  it("says in a headline how the execution ended", async () => {
    const { root } = await shown(recorded("declined"));
    expect(root.querySelector("header p")?.textContent).toContain("PaymentDeclined · compensated: ReversePayment");
  });

  it("marks states by sign and word, not by colour alone", async () => {
    const { root } = await shown(recorded("declined"));
    const signOf = (state: string): string => box(root, state).querySelector(".sign")?.getAttribute("d") ?? "";
    const signs = ["AuthorisePayment", "ReleaseStock", "PriceOrder"].map(signOf);
    expect(new Set(signs).size).toBe(3);
    expect(signs).not.toContain("");
    expect(signOf("CapturePayment")).toBe("");
    expect(box(root, "ReleaseStock").getAttribute("aria-label")).toContain("compensated");
    expect(box(root, "CapturePayment").getAttribute("aria-label")).toContain("not entered");
  });

  it("shows input, output, error and attempts of the selected state", async () => {
    const { root } = await shown(recorded("paid"));
    box(root, "ReserveStock").dispatchEvent(new MouseEvent("click"));
    const details = root.querySelector(".details")?.textContent ?? "";
    expect(details).toContain("Attempts");
    expect(details).toContain("undone by ReleaseStock");
    expect(details).toContain("State transitions3");
  });

  it("finds events by text and selects their visit", async () => {
    const { root } = await shown(recorded("declined"));
    open(root, "Events");
    await vi.waitFor(() => { expect(root.querySelector(".events")).not.toBeNull(); });
    const search = root.querySelector<HTMLInputElement>(".events input");
    if (search === null) throw new Error("no search");
    search.value = "card_declined";
    search.dispatchEvent(new Event("input"));
    const rows = [...root.querySelectorAll(".virtual .event")];
    expect(rows.length).toBeGreaterThan(0);
    expect(root.querySelector(".count")?.textContent).toMatch(/^\d+ of 45 events$/);
    (rows[0] as HTMLElement).click();
    expect(root.querySelector(".details h3")?.textContent).toMatch(/^Event \d+/);
  });

  it("walks the visits in order of time with j and k", async () => {
    const { inspector, root } = await shown(recorded("declined"));
    for (const key of ["j", "j", "k"]) inspector.dispatchEvent(new KeyboardEvent("keydown", { key }));
    expect(root.querySelector(".details h3")?.textContent).toBe("PriceOrder");
  });

  it("never reads markup in data", async () => {
    const input = recorded("declined");
    input.execution.name = "<img src=x onerror=alert(1)>";
    input.execution.cause = "<script>alert(1)</script>";
    const { root } = await shown(input);
    expect(root.querySelector("img, script")).toBeNull();
  });

  it("keeps only rows in view in the document for 25,000 events", async () => {
    const input = mapHistory(4200);
    const { root } = await shown(input);
    open(root, "Events");
    await vi.waitFor(() => { expect(root.querySelector(".events")).not.toBeNull(); });
    expect(root.querySelector(".count")?.textContent).toBe(`${input.events.length} events`);
    expect(root.querySelectorAll("*").length).toBeLessThan(1000);
  });

  it("names each box by what it shows first, and has no button in another one", async () => {
    const { root } = await shown(mapHistory(3));
    expect(box(root, "Each").getAttribute("aria-label")).toBe("Each 1, running");
    expect(root.querySelector("[role=button] [role=button], summary button")).toBeNull();
  });

  it("opens a Map, lists its iterations and shows one alone", async () => {
    const { root } = await shown(mapHistory(100));
    const open = root.querySelector('[aria-label="Open what is inside Each"]');
    open?.dispatchEvent(new MouseEvent("click"));
    await vi.waitFor(() => { expect(root.querySelector(".iterations")).not.toBeNull(); });
    expect(box(root, "Work").textContent).toContain("100×");
    root.querySelector<HTMLElement>(".iterations .line button")?.click();
    await vi.waitFor(() => { expect(root.querySelector("nav")?.textContent).toContain("Each #"); });
    await vi.waitFor(() => { expect(box(root, "Work").textContent).not.toContain("×"); });
  });

  it("opens a child execution of a distributed Map on demand and leads back", async () => {
    const { inspector, root } = await shown(recorded("reorder"));
    const load = vi.fn(() => Promise.resolve(recorded("declined")));
    inspector.loader = {
      listMapRun: () => Promise.resolve([{ executionArn: "arn:child", name: "child-1", status: "SUCCEEDED" }]),
      load,
    };
    box(root, "EverySegment").dispatchEvent(new MouseEvent("click"));
    expect(load).not.toHaveBeenCalled();
    root.querySelector<HTMLElement>(".children button")?.click();
    await vi.waitFor(() => { expect(root.querySelector(".children li button")).not.toBeNull(); });
    root.querySelector<HTMLElement>(".children li button")?.click();
    await vi.waitFor(() => { expect(root.querySelector("[data-id=AuthorisePayment]")).not.toBeNull(); });
    root.querySelector<HTMLElement>("nav button")?.click();
    await vi.waitFor(() => { expect(root.querySelector("[data-id=EverySegment]")).not.toBeNull(); });
  });

  it("speaks the language of the page around it, and another one when its own lang changes", async () => {
    document.documentElement.lang = "de";
    try {
      const { inspector, root } = await shown(recorded("declined"));
      expect(root.querySelector("header p")?.textContent).toContain("fehlgeschlagen · PaymentDeclined · kompensiert: ReversePayment");
      expect(box(root, "CapturePayment").getAttribute("aria-label")).toContain("nicht erreicht, Pivot");
      inspector.lang = "en-GB";
      await vi.waitFor(() => { expect(root.querySelector("header p")?.textContent).toContain("failed · PaymentDeclined"); });
    } finally {
      document.documentElement.removeAttribute("lang");
    }
  });

  it("shows the words that it is given", async () => {
    const { inspector, root } = await shown(recorded("declined"));
    inspector.messages = { ...messagesOf("en"), status: () => "échoué" };
    await vi.waitFor(() => { expect(root.querySelector("header p")?.textContent).toContain("échoué"); });
  });

  it.each(["graph", "timeline", "events", "text"] as const)("has no English word on the German tab %s", async (tab) => {
    const { inspector, root } = await shown(mapHistory(3));
    inspector.lang = "de";
    await vi.waitFor(() => { open(root, messagesOf("de").tabs[tab]); });
    await vi.waitFor(() => { expect(root.querySelector("[aria-selected=true]")?.textContent).toBe(messagesOf("de").tabs[tab]); });
    await vi.waitFor(() => {
      const names = [...root.querySelectorAll("[aria-label]")].map((one) => one.getAttribute("aria-label"));
      expect(`${root.textContent} ${names.join(" ")}`).not.toMatch(/\b(done|visits?|entered|running|input|events?|views|copy|took|started)\b/i);
    });
  });

  it("keeps the selection when more events of the same execution arrive", async () => {
    const { inspector, root } = await shown(recorded("parked"));
    box(root, "CommitStock").dispatchEvent(new MouseEvent("click"));
    inspector.data = recorded("parked");
    await vi.waitFor(() => { expect(root.querySelector(".details h3")?.textContent).toBe("CommitStock"); });
  });
});
