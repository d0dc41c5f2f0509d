import { expect, it } from "vitest";
import { WedgeDetector } from "../src/till/wedge";

function type(text: string, end: string, gap: number): string | null {
  const detector = new WedgeDetector();
  let at = 1000;
  for (const character of text) {
    expect(detector.key(character, at)).toBeNull();
    at += gap;
  }
  return detector.key(end, at);
}

it.each(["Enter", "Tab"])("takes fast characters that end with %s as a scan", (end) => {
  expect(type("4006381333931", end, 8)).toBe("4006381333931");
});

it("takes three characters 99 ms apart", () => expect(type("123", "Enter", 99)).toBe("123"));

it("takes two characters as typed", () => expect(type("12", "Enter", 8)).toBeNull());

it("takes characters 100 ms apart as typed", () => expect(type("4006381333931", "Enter", 100)).toBeNull());

it("begins again after a pause", () => {
  const detector = new WedgeDetector();
  detector.key("9", 0);
  for (const [index, character] of ["1", "2", "3"].entries()) detector.key(character, 500 + index * 10);
  expect(detector.key("Enter", 530)).toBe("123");
});

it("ignores Shift, with which a scanner types letters", () => {
  const detector = new WedgeDetector();
  for (const [index, key] of ["Shift", "A", "Shift", "B", "1"].entries()) detector.key(key, index * 5);
  expect(detector.key("Enter", 25)).toBe("AB1");
});
