import { describe, expect, it } from "vitest";
import { iterationsOf, iterationSummary } from "../src/iterations.js";
import { messagesOf } from "../src/messages.js";
import { buildExecution, headline, summarize, takenEdges } from "../src/model.js";
import { execution, mapHistory } from "./support.js";

const states = (name: string): string[] => execution(name).visits.filter((visit) => visit.frame === null).map((visit) => visit.state);

describe("visits of recorded executions", () => {
  it("counts a retried task as one visit with several attempts", () => {
    const paid = execution("paid");
    const reserve = paid.visits.find((visit) => visit.state === "ReserveStock");
    expect(reserve?.attempts.map((attempt) => attempt.error === null)).toEqual([false, false, true]);
    expect(reserve?.outcome).toBe("succeeded");
    expect(reserve?.error).not.toBeNull();
    expect(paid.transitions).toBe(paid.visits.length + 2);
  });

  it("follows a caught error to the compensation by a catch edge", () => {
    const declined = execution("declined");
    const authorise = declined.visits.find((visit) => visit.state === "AuthorisePayment");
    const reverse = declined.visits.find((visit) => visit.state === "ReversePayment");
    expect([authorise?.outcome, authorise?.error]).toEqual(["caught", "PaymentDeclined"]);
    expect([reverse?.via, reverse?.previous?.state]).toEqual(["catch", "AuthorisePayment"]);
    const edge = takenEdges(declined.visits, declined.nodes).get("AuthorisePayment>ReversePayment>catch");
    expect(edge).toMatchObject({ count: 1, error: "PaymentDeclined" });
    // Next and Catch of ReversePayment lead to the same state: it succeeded, so Next was taken.
    expect(declined.visits.find((visit) => visit.state === "ReleaseStock")?.via).toBe("next");
    expect(declined.compensated).toEqual(["ReversePayment", "ReleaseStock", "RejectOrder", "AnnounceRejection"]);
  });

  it("ends a Fail state as failed although it never exits", () => {
    const last = execution("declined").visits.at(-1);
    expect([last?.state, last?.outcome, last?.error]).toEqual(["OrderRejected", "failed", "PaymentDeclined"]);
  });

  it("shows a case that waits for a person", () => {
    const parked = execution("parked");
    expect(parked.waiting?.state).toBe("ParkForward");
    expect(headline(parked, messagesOf("en"))).toContain("waiting for a person in ParkForward");
    expect(parked.pivotPassed).toBe(true);
  });

  it("takes the outcome of a state from its latest visit", () => {
    const resolved = execution("parked-resolved");
    const commit = summarize(resolved.visits).get("CommitStock");
    expect(commit?.visits.map((visit) => visit.outcome)).toEqual(["caught", "succeeded"]);
    expect(commit?.outcome).toBe("succeeded");
  });

  it("keeps iterations of an inline Map apart and finds the map run of a distributed one", () => {
    const reorder = execution("reorder");
    const frames = new Set(reorder.visits.filter((visit) => visit.frame?.owner.state === "EachOrder").map((visit) => visit.frame?.index));
    expect([...frames].sort()).toEqual([0, 1]);
    expect(reorder.visits.find((visit) => visit.state === "EverySegment")?.mapRunArn).toContain(":mapRun:");
    expect(states("reorder")).toEqual(["EverySegment", "GroupOrders", "EachOrder"]);
  });

  it("gives every event with a state to exactly one visit", () => {
    for (const name of ["paid", "declined", "parked-resolved", "purchase-cancelled", "reorder"]) {
      const one = execution(name);
      const owned = one.visits.flatMap((visit) => visit.eventIds);
      expect(new Set(owned).size).toBe(owned.length);
      expect(owned.length).toBeGreaterThanOrEqual(one.events.length - 2);
    }
  });
});

describe("iterations of a Map", () => {
  it("lists those with errors first, then open ones, and counts outcomes", () => {
    const running = buildExecution(mapHistory(200));
    const iterations = iterationsOf(running, "Each");
    expect(iterations).toHaveLength(200);
    expect(iterations.slice(0, 5).map((one) => [one.outcome, one.index % 40])).toEqual(Array(5).fill(["caught", 0]));
    expect(iterationSummary(iterations, messagesOf("en"))).toMatch(/^200 iterations: 5 with a caught error, 195 finished; p50 .* p95 /);
  });
});
