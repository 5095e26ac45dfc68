import { describe, expect, test } from "vitest";
import type { FixtureEngine } from "../../test/support/saga-fixtures.ts";
import { sagaRun } from "../../test/support/saga-runs.ts";
import { buildReport } from "./build-report.ts";
import type { ReportRow, RunReport } from "./run-report.ts";
import { whySentence } from "./why.ts";

const NOW = Date.UTC(2026, 10, 26, 21);

/** The sentence without lengths of time, which differ from recording to recording. */
function why(engine: FixtureEngine, scenario: string, events?: number): string {
  const sentence = whySentence(buildReport(sagaRun(engine, scenario, events)), NOW);
  return sentence
    .replaceAll(/\d+(\.\d+)? (ms|s|min)\b/g, "T")
    .replaceAll(/\d\d:\d\d:\d\d/g, "HH:MM:SS");
}

describe("the saga's scenarios, on both engines", () => {
  test.each([
    ["declined", "chargeCard failed (CardDeclined); refund undid reserveInventory."],
    [
      "undeliverable",
      "allocateShipping failed (Undeliverable); refund undid reserveInventory and chargeCard.",
    ],
    ["refund-fails", "chargeCard failed (CardDeclined); refund failed too (RefundFailed)."],
  ])("%s", (scenario, sentence) => {
    expect(why("temporal", scenario)).toBe(sentence);
    expect(why("stepfunctions", scenario)).toBe(sentence);
  });

  test("fulfilled: Step Functions knows why the attempts before failed, Temporal's history only counts them", () => {
    expect(why("stepfunctions", "fulfilled")).toBe(
      "chargeCard succeeded at attempt 3 (GatewayTimeout before); completed.",
    );
    expect(why("temporal", "fulfilled")).toBe("chargeCard succeeded at attempt 3; completed.");
  });

  test("approved and rejected: Temporal knows who answered", () => {
    expect(why("temporal", "approved")).toBe("alice answered approval after T; completed.");
    expect(why("stepfunctions", "approved")).toBe("approval was answered after T; completed.");
    expect(why("temporal", "rejected")).toBe(
      "alice answered approval after T; refund undid reserveInventory; completed.",
    );
    expect(why("stepfunctions", "rejected")).toBe(
      "approval was answered after T; refund undid reserveInventory; completed.",
    );
  });

  test("expired", () => {
    expect(why("temporal", "expired")).toBe(
      "nobody answered approval within 72 h; refund undid reserveInventory; completed.",
    );
    expect(why("stepfunctions", "expired")).toBe(
      "nobody answered approval within T; refund undid reserveInventory; completed.",
    );
  });
});

describe("an open run", () => {
  test("says what it waits for, and since when", () => {
    expect(why("temporal", "approved", 17)).toBe(
      "still running: waiting for approval since 2026-11-26 HH:MM:SS UTC (43 T T).".replace(
        "43 T T",
        "T T",
      ),
    );
    expect(why("stepfunctions", "approved", 12)).toMatch(
      /^still running: waiting for approval since /,
    );
  });

  test("says what is being tried again", () => {
    expect(why("stepfunctions", "fulfilled", 12)).toBe(
      "still running: chargeCard is being tried again after 1 failed attempt (GatewayTimeout).",
    );
  });

  test("says what ended last", () => {
    expect(why("temporal", "declined", 7)).toBe(
      "still running: the last step that ended is reserveInventory.",
    );
    expect(why("temporal", "declined", 1)).toBe("still running: no step has ended yet.");
  });
});

const step = (row: Partial<ReportRow>): ReportRow => ({
  kind: "task",
  name: "step",
  start: 0,
  end: 10,
  outcome: "completed",
  attempts: 1,
  parts: [],
  children: [],
  ...row,
});
const wait = (
  row: Partial<ReportRow>,
  outcome: NonNullable<ReportRow["wait"]>["outcome"],
  kind: "timer" | "task_token" = "timer",
): ReportRow =>
  step({
    kind: "wait",
    name: "cooldown",
    attempts: 0,
    wait: { kind, ...(outcome !== undefined && { outcome }) },
    outcome: outcome ?? "open",
    ...row,
  });
const sentence = (
  rows: ReportRow[],
  { ended, ...report }: Partial<RunReport> = { ended: 100 },
): string =>
  whySentence(
    {
      workflowId: "w",
      runId: "r",
      match: "own",
      type: "t",
      engine: "temporal",
      namespace: "n",
      traceId: "",
      started: 0,
      hasStart: true,
      ...(ended !== undefined && { ended }),
      outcome: "completed",
      redrives: 0,
      partial: [],
      rows,
      logs: [],
      ...report,
    },
    NOW,
  );

describe("other runs", () => {
  test("a run without any incident just completed", () => {
    expect(sentence([step({})])).toBe("completed.");
  });

  test("a pause is no missed answer, unless something is undone after it", () => {
    expect(sentence([wait({}, "elapsed"), step({ start: 10 })])).toBe("completed.");
    expect(
      sentence([wait({}, "elapsed"), step({ start: 10, name: "undo", compensates: ["a"] })]),
    ).toBe("nobody answered cooldown within 10 ms; undo undid a; completed.");
    expect(sentence([wait({}, "elapsed", "task_token")])).toBe(
      "nobody answered cooldown within 10 ms; completed.",
    );
  });

  test("a refusal is told with its type", () => {
    expect(sentence([wait({ failure: { type: "Refused" } }, "failed", "task_token")])).toBe(
      "cooldown was refused after 10 ms (Refused); completed.",
    );
  });

  test("a compensation that had nothing to undo, or was cut off, says so", () => {
    expect(sentence([step({ name: "refund", compensates: [] })])).toBe(
      "refund had nothing to undo; completed.",
    );
    expect(
      sentence([step({ name: "refund", compensates: ["a"], outcome: "abandoned" })], {
        outcome: "terminated",
      }),
    ).toBe("refund was abandoned; terminated.");
  });

  test("a failure of the run that no step tells of is told itself", () => {
    expect(sentence([step({})], { outcome: "failed", failure: { type: "Bug" } })).toBe(
      "failed (Bug).",
    );
    expect(
      sentence([step({ outcome: "failed", failure: { type: "A" } })], {
        outcome: "failed",
        failure: { type: "B" },
      }),
    ).toBe("step failed (A); failed (B).");
    expect(sentence([], { outcome: "timed_out" })).toBe("timed out.");
    expect(sentence([], { outcome: "continued_as_new" })).toBe("went on as a new run.");
  });

  test("of a failed container only what failed in it is told", () => {
    const inner = step({ name: "inner", outcome: "failed", failure: { type: "A" }, attempts: 3 });
    expect(
      sentence(
        [
          step({
            kind: "group",
            name: "map",
            outcome: "failed",
            failure: { type: "A" },
            children: [inner],
          }),
        ],
        { outcome: "failed" },
      ),
    ).toBe("inner failed after 3 attempts (A).");
  });

  test("many incidents are counted, not listed", () => {
    const rows = Array.from({ length: 9 }, (_, i) =>
      step({ name: `s${i}`, outcome: "failed", failure: { type: "A" }, end: i }),
    );
    expect(sentence(rows, { outcome: "failed" })).toBe(
      "s0 failed (A); s1 failed (A); s2 failed (A); s3 failed (A); 5 more.",
    );
  });

  test("what undoes something, and what failed, is told before what went well in the end", () => {
    const retried = Array.from({ length: 9 }, (_, i) =>
      step({ name: `s${i}`, attempts: 2, end: i }),
    );
    const failed = step({ name: "charge", outcome: "failed", failure: { type: "A" }, end: 20 });
    const undo = step({ name: "refund", compensates: ["s1"], start: 21, end: 30 });
    expect(sentence([...retried, failed, undo], { outcome: "failed" })).toBe(
      "s0 succeeded at attempt 2; s1 succeeded at attempt 2; charge failed (A); refund undid s1; 7 more.",
    );
  });

  test("what happened several times is told once, and how often", () => {
    const failed = { outcome: "failed", failure: { type: "A" } };
    const items = Array.from({ length: 40 }, (_, i) => step({ name: "item", ...failed, end: i }));
    expect(sentence(items)).toBe("item failed (A), 40 times; completed.");
    const iterations = Array.from({ length: 3 }, (_, i) =>
      step({ kind: "group", name: `items[${i}]`, ...failed, end: i }),
    );
    expect(sentence(iterations)).toBe("items[…] failed (A), 3 times; completed.");
    expect(sentence(iterations.slice(0, 1))).toBe("items[0] failed (A); completed.");
  });

  test("a wait that ended long before its deadline, as a missing heartbeat ends it, lasted as long as it did", () => {
    const callback = (deadline: number): string =>
      sentence([
        step({
          kind: "wait",
          name: "callback",
          end: 30_000,
          wait: { kind: "task_token", outcome: "elapsed", deadline },
        }),
      ]);
    expect(callback(600_000)).toBe("nobody answered callback within 30 s; completed.");
    expect(callback(31_000)).toBe("nobody answered callback within 31 s; completed.");
  });

  test("a name of any length leaves room for the rest", () => {
    const name = "x".repeat(5000);
    const failed = { outcome: "failed", failure: { type: name } };
    expect(sentence([step({ name, ...failed })]).length).toBeLessThan(300);
  });
});

describe("a run that is open", () => {
  const open = (...rows: readonly Partial<ReportRow>[]): ReportRow[] =>
    rows.map((row) => {
      const { end: _end, ...rest } = step({ outcome: "open", ...row });
      return rest;
    });
  const timer = {
    kind: "wait",
    name: "timer",
    wait: { kind: "timer" },
    start: NOW - 1000,
  } as const;
  const token = { ...timer, name: "approval", wait: { kind: "task_token" } } as const;

  test("tells what keeps failing before what it waits for, and a timer last", () => {
    const failing = { name: "charge", failure: { type: "A" }, attempts: 3 };
    expect(sentence(open(timer, token, failing), { outcome: "open" })).toBe(
      "still running: charge is being tried again after 3 failed attempts (A), waiting for approval since 2026-11-26 20:59:59 UTC (1 s), waiting for timer since 2026-11-26 20:59:59 UTC (1 s).",
    );
  });

  test("names some of many, and counts the others", () => {
    const names = ["a", "b", "c", "d", "e"].map((name) => ({ name }));
    expect(sentence(open(...names), { outcome: "open" })).toBe(
      "still running: at a, at b, at c and 2 more.",
    );
  });

  test("is not said to be running when nothing of its start is there", () => {
    expect(sentence([step({})], { outcome: "open", hasStart: false })).toBe(
      "how it ended is not known: the last step that ended is step.",
    );
  });
});
