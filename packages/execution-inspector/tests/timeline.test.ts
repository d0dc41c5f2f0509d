import { describe, expect, it } from "vitest";
import { duration } from "../src/format.js";
import { parseComment } from "../src/metadata.js";
import { compressedAxis, linearAxis } from "../src/timeline.js";

describe("axes of the timeline", () => {
  it("keeps a step of a second visible beside a wait of thirty days", () => {
    const month = 30 * 86_400_000;
    const times = [0, 1000, 1000 + month, 2000 + month];
    const axis = compressedAxis(times);
    expect(axis(0)).toBe(0);
    expect(axis(2000 + month)).toBe(1);
    expect(axis(1000)).toBeGreaterThan(0.1);
    expect(linearAxis(0, 2000 + month)(1000)).toBeLessThan(0.001);
  });

  it("is monotonic and works for one moment only", () => {
    const axis = compressedAxis([0, 5, 5, 900, 70_000]);
    const positions = [0, 3, 5, 100, 900, 30_000, 70_000, 80_000].map(axis);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(compressedAxis([7])(7)).toBe(0);
  });
});

describe("durations", () => {
  it.each([
    [0, "0 ms"], [340, "340 ms"], [2500, "2.50 s"], [200_000, "3 min 20 s"], [15_000_000, "4 h 10 min"],
    [2_556_000_000, "29 d 14 h"], [3_600_000, "1 h"], [Number.NaN, ""],
  ])("prints %d ms as %s", (milliseconds, text) => { expect(duration(milliseconds)).toBe(text); });
});

describe("saga metadata", () => {
  it("reads roles and compensations from the bracket alone", () => {
    expect(parseComment("[compensatable; undo=ReleaseStock] Reserve.")).toEqual({ role: "compensatable", undo: "ReleaseStock", text: "Reserve." });
    expect(parseComment("Compensation of everything.").role).toBeNull();
    expect(parseComment("[exempt=reverse; errors=A,B] No effect.").role).toBeNull();
    expect(parseComment(undefined)).toEqual({ role: null, undo: null, text: "" });
  });
});
