import { describe, expect, it } from "vitest";
import { nodeSha256 } from "../host/node-sha256.ts";
import { isSampled, runIds, runKey, type StateAttempt, stateAttemptKey } from "./ids.ts";

// The vectors were computed apart from this code, with Python's hashlib, from the recipe in docs/attributes.md.
const RUN_ID = "01a21983-251d-70e8-975f-cb65871dd407";
const ARN = "arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1002";

describe("ids of a Temporal run", () => {
  const ids = runIds("temporal", RUN_ID, nodeSha256);

  it("derives the trace id from the run id", () => {
    expect(ids.traceId).toBe("4ea989eecb68241dc30ad1146ea799a1");
  });

  it.each([
    ["run", "061cd0eb9988feee"],
    ["run/started", "5578066e276aac66"],
    ["activity:1", "28ca00e16c0c3953"],
    ["timer:3/waiting", "0874b2b866bd70c4"],
    ["event:12", "60d93f7a01cf513b"],
    ["update:u-1", "ae7762b0d4ec0e22"],
    ["child:order-1~2", "099c8a9cd86e7088"],
    ["activity:größe", "87ee2666150f4368"],
  ])("derives the span id of %s", (key, id) => {
    expect(ids.span(key)).toBe(id);
  });

  it("derives an attempt's span id as any other", () => {
    expect(ids.attempt("activity:1#2")).toBe("c7087b964a44221c");
  });
});

describe("ids of a Step Functions execution", () => {
  const ids = runIds("aws_step_functions", ARN, nodeSha256);

  it("clears the top bit of each half of the trace id", () => {
    expect(ids.traceId).toBe("1c46a817f53a4f6a31c374c9fdce685d");
    const both = ARN.replace("order-1002", "order-9");
    expect(runIds("aws_step_functions", both, nodeSha256).traceId).toBe(
      "0d66fd8290f7ef5c1b95d0346d609ca8",
    );
  });

  it.each([
    ["run", "bc1090666cc3d788"],
    ["run#1", "c0ee986b01e6bab3"],
    ["run/started", "68904c28586e47ef"],
    ["run#1/started", "9910cc3d61321fb0"],
    ["state/2", "d01ee0e7f67294e9"],
    ["iteration/9", "74dcdbd3d30f967e"],
    ["wait/11", "49a84a11dc4fbbd4"],
    ["wait/11/waiting", "d3c4582b9b87fd62"],
  ])("leaves the top bit of the span id of %s", (key, id) => {
    expect(ids.span(key)).toBe(id);
  });

  const first: StateAttempt = {
    state: "chargeCard",
    enteredTime: "2026-11-26T20:19:15.080Z",
    retry: 0,
    redrive: 0,
  };

  it.each<[string, StateAttempt, string]>([
    ["a first attempt", first, "48f4746c1f56956b"],
    ["a retry, whose top bit is cleared", { ...first, retry: 1 }, "67a6e8ed04a6fafd"],
    ["a redrive", { ...first, redrive: 1 }, "2afeb72e58fea3c0"],
    ["a Map's iteration", { ...first, mapIndex: 0 }, "21f3419379eeed50"],
    ["all of them", { ...first, retry: 2, redrive: 1, mapIndex: 7 }, "74a6d4aab7cd6c92"],
    ["a name beyond ASCII", { ...first, state: "A&B größe" }, "778a7aee391c3913"],
  ])("derives the attempt's id of %s", (_, attempt, id) => {
    expect(ids.attempt(stateAttemptKey(attempt))).toBe(id);
  });

  it.each([
    ["2026-11-26T20:19:15Z", "2026-11-26T20:19:15.000Z"],
    ["2026-11-26T20:19:15.080123Z", "2026-11-26T20:19:15.080Z"],
    ["2026-11-26T21:19:15.080+01:00", "2026-11-26T20:19:15.080Z"],
    [1795724355080, "2026-11-26T20:19:15.080Z"],
    [1795724355080.9, "2026-11-26T20:19:15.080Z"],
    ["soon", "invalid time"],
  ])("reads the entered time %s as %s", (enteredTime, normalised) => {
    expect(stateAttemptKey({ ...first, enteredTime })).toBe(`chargeCard#${normalised}`);
  });

  it("gives one id whatever precision the entered time comes in", () => {
    const keys = ["2026-11-26T20:19:15Z", "2026-11-26T20:19:15.000Z", 1795724355000].map(
      (enteredTime) => stateAttemptKey({ ...first, enteredTime }),
    );
    expect(keys.map((key) => ids.attempt(key))).toEqual(Array(3).fill("335faa5a30135fdf"));
  });
});

it.each(["temporal", "aws_step_functions"] as const)("never gives %s an id of zeros", (engine) => {
  const ids = runIds(engine, "run", () => "0".repeat(64));
  expect(ids.traceId).toBe("00000000000000000000000000000001");
  expect(ids.span("run")).toBe("0000000000000001");
  expect(ids.attempt("step#1")).toBe("0000000000000001");
});

it("takes an id for zeros that is so after its top bit is cleared", () => {
  const ids = runIds("aws_step_functions", "run", () => `8${"0".repeat(15)}`.repeat(4));
  expect(ids.traceId).toBe("00000000000000000000000000000001");
  expect(ids.attempt("step")).toBe("0000000000000001");
  expect(ids.span("step")).toBe("8000000000000000");
});

it("numbers the run's key after a redrive", () => {
  expect([0, 1, 2].map(runKey)).toEqual(["run", "run#1", "run#2"]);
});

/** A trace id by its low 56 bits. */
const low = (hex: string): string => `${"f".repeat(18)}${hex.padStart(14, "0")}`;

describe("isSampled", () => {
  it("keeps all at 1 and none at 0", () => {
    for (const id of [low("0"), low("f".repeat(14))]) {
      expect(isSampled(id, 1)).toBe(true);
      expect(isSampled(id, 0)).toBe(false);
    }
  });

  it("compares the low 56 bits alone with the threshold", () => {
    expect(isSampled(low("7fffffffffffff"), 0.5)).toBe(false);
    expect(isSampled(low("80000000000000"), 0.5)).toBe(true);
  });
});
