import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { sagaRun } from "../../test/support/saga-runs.ts";
import type { RecordedRun } from "../lookup/recorded-run.ts";
import { buildReport } from "./build-report.ts";
import { wantsColor } from "./palette.ts";
import { width } from "./printable.ts";
import { renderReport, type TextOptions } from "./tree-text.ts";

const NOW = Date.UTC(2026, 10, 27);

const render = (run: RecordedRun, options: Partial<TextOptions> = {}): string =>
  renderReport(buildReport(run), { now: NOW, ...options });

/** Lengths of time and bars differ from recording to recording: only what stands around them is compared. */
function steady(text: string): string {
  return text
    .replaceAll(/ *\d[\d.]* (ms|s|min)\b/g, " T")
    .replaceAll(/ +[█▓░·⋯─]+ */g, " ")
    .replaceAll(/began .*/g, "began")
    .replaceAll(/ +$/gm, "");
}

test("a run reads: headline, why, time, identity, tree, legend", () => {
  expect(
    steady(render(sagaRun("stepfunctions", "undeliverable"), { columns: 160 })),
  ).toMatchInlineSnapshot(`
    "orderSaga order-1005  failed T  Step Functions
    allocateShipping failed (Undeliverable); refund undid reserveInventory and chargeCard.
    worked T
    run arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1005, in 123456789012/us-east-1, began

    ✓ reserveInventory T
    ✓ chargeCard T
    ✗ allocateShipping T Undeliverable: no carrier delivers to this address
    ↩ refund T undid reserveInventory, chargeCard

    █ worked failed queued or backing off"
  `);
});

test("a log line has its time, level, step and message", () => {
  const run = sagaRun("temporal", "declined");
  const log = {
    time: Date.UTC(2026, 0, 1, 10, 20, 30, 456),
    severityNumber: 17,
    severityText: "error",
    body: "declined",
    attributes: { "workflow.step.name": "chargeCard" },
    resource: {},
  };
  const text = render({ ...run, logs: [log, { ...log, severityText: "info", attributes: {} }] });
  expect(text.split("\n").slice(-3)).toEqual([
    "2 log lines",
    "10:20:30.456  error chargeCard declined",
    "10:20:30.456  info  -          declined",
  ]);
  expect(render({ ...run, logs: Array.from({ length: 150 }, () => log) })).toMatch(/… 50 more$/);
});

describe("a wait of 72 hours", () => {
  const text = render(sagaRun("temporal", "expired"));
  const barOf = (name: string): string =>
    /[█▓░·⋯]+/.exec(text.split("\n").find((line) => line.includes(`${name} `)) ?? "")?.[0] ?? "";

  test("leaves the bars of the steps readable, and says how much it left out", () => {
    expect(barOf("✓ reserveInventory").length).toBeGreaterThan(2);
    expect(barOf("◌ approval")).toContain("⋯");
    expect(text).toMatch(/⋯ 72 h drawn short/);
  });

  test("is counted apart from the work", () => {
    expect(text).toMatch(/^worked \d+ ms, waited 72 h$/m);
  });
});

test("an open run says that it is partial, and is drawn up to now", () => {
  const text = render(sagaRun("temporal", "approved", 17));
  expect(text).toMatch(/still running {2}\d+ h/);
  expect(text).toContain("partial: still running: the root span has not ended");
  expect(text).toMatch(/◌ approval +open .*waiting until 2026-11-29/s);
});

test.each([30, 40, 60, 80, 100, 200])(
  "no line is wider than %d columns, but for an id that cannot be broken",
  (columns) => {
    for (const scenario of ["approved", "undeliverable", "fulfilled"]) {
      const lines = render(sagaRun("stepfunctions", scenario), { columns }).split("\n");
      expect(lines.filter((line) => width(line) > columns && !line.includes("arn:aws"))).toEqual(
        [],
      );
    }
  },
);

test("a narrow terminal gets durations after the names, and no bars", () => {
  const run = sagaRun("stepfunctions", "undeliverable");
  const log = {
    time: Date.UTC(2026, 0, 1, 10, 20, 30, 456),
    severityNumber: 17,
    severityText: "error",
    body: "no carrier delivers to this address, not even by boat",
    attributes: { "workflow.step.name": "allocateShipping" },
    resource: {},
  };
  const text = render({ ...run, logs: [log] }, { columns: 40 });
  expect(text).toMatch(/^✓ chargeCard \d[\d.]* m?s$/m);
  expect(text).not.toMatch(/[█▓░]/);
  expect(text.split("\n").slice(-2)).toEqual([
    "10:20:30.456  error allocateShipping",
    "  no carrier delivers to this address, …",
  ]);
  expect(render(run, { columns: 60 })).toMatch(/█/);
});

test("names and messages cannot reach the terminal's controls", () => {
  const run = sagaRun("temporal", "declined");
  const spans = run.spans.map((span) => ({
    ...span,
    name: `${span.name}\u001b[2J\n\u202e\u0007x`,
    attributes: { ...span.attributes, "workflow.id": "a\u001b]0;x\u0007" },
  }));
  const log = {
    time: 1,
    severityNumber: 9,
    severityText: "\u001b[31minfo",
    body: "a\r\nb\u009b31m",
    attributes: {},
    resource: {},
  };
  const text = render({ ...run, spans, logs: [log] }).replaceAll("\n", "");
  expect(text).not.toMatch(/\p{Cc}|\p{Cf}/u);
});

test("wide characters take two columns, and the bars stand below each other", () => {
  const run = sagaRun("temporal", "declined");
  const renamed: ReadonlyMap<string, string> = new Map([
    ["reserveInventory", "在庫確保"],
    ["chargeCard", "💳決済"],
  ]);
  const spans = run.spans.map((span) => {
    const step = String(span.attributes["workflow.step.name"] ?? "");
    const name = renamed.get(step) ?? step;
    return {
      ...span,
      name: span.name.replace(step, name),
      attributes: { ...span.attributes, ...(step !== "" && { "workflow.step.name": name }) },
    };
  });
  for (const columns of [40, 60, 80, 120]) {
    const lines = render({ ...run, spans }, { columns }).split("\n");
    expect(lines.filter((line) => width(line) > columns)).toEqual([]);
  }
  const rows = render({ ...run, spans })
    .split("\n")
    .filter((line) => /^[✓✗↩] /.test(line));
  const ends = rows.map((line) => width(line.slice(0, line.search(/ m?s /))));
  expect([rows.length, new Set(ends).size]).toEqual([3, 1]);
});

test("among very many rows those that failed are shown, with all that they stand in", () => {
  const run = sagaRun("temporal", "declined");
  const root = run.spans.find((span) => span.name === "orderSaga");
  const step = run.spans.find((span) => span.name === "reserveInventory");
  if (root === undefined || step === undefined) throw new Error("no span");
  const many = Array.from({ length: 2000 }, (_none, i) => ({
    ...step,
    name: `item ${i}`,
    spanId: i.toString(16).padStart(16, "0"),
    attributes: { ...step.attributes, "workflow.step.name": `item ${i}` },
    ...(i === 1500 && { status: { code: "ERROR" as const } }),
    ...(i === 1600 && { parentSpanId: (1599).toString(16).padStart(16, "0") }),
    ...(i === 1600 && { status: { code: "ERROR" as const } }),
  }));
  const lines = render({ ...run, spans: [...run.spans, ...many] }).split("\n");
  const shown = lines.map((line) => line.replace(/ {2,}.*/, "")).filter((line) => line !== "");
  expect(lines.find((line) => line.includes("✗ item 1500"))).toBeDefined();
  expect(lines.find((line) => line.includes("  ✗ item 1600"))).toBeDefined();
  expect(shown).toContain("✓ item 1599");
  expect(shown).toContain("✗ chargeCard");
  expect(lines.filter((line) => /^ *… \d+ more$/.test(line)).length).toBeGreaterThan(1);
});

test("colours are there when asked for, and change nothing else", () => {
  const run = sagaRun("temporal", "declined");
  const colored = render(run, { color: true });
  expect(colored).toContain("\u001b[31m");
  expect(stripVTControlCharacters(colored)).toBe(render(run));
});

test("colours are wanted by a terminal, unless NO_COLOR says otherwise", () => {
  expect(wantsColor({}, true)).toBe(true);
  expect(wantsColor({}, false)).toBe(false);
  expect(wantsColor({ NO_COLOR: "1", FORCE_COLOR: "1" }, true)).toBe(false);
  expect(wantsColor({ FORCE_COLOR: "1" }, false)).toBe(true);
  expect(wantsColor({ FORCE_COLOR: "0" }, true)).toBe(false);
  expect(wantsColor({ TERM: "dumb" }, true)).toBe(false);
});

test("a run of very many spans and log lines is written as any other, cut where it is said", () => {
  const run = sagaRun("stepfunctions", "undeliverable");
  const [span] = run.spans;
  if (span === undefined) throw new Error("no span");
  const many = Array.from({ length: 150_000 }, (_none, i) => i);
  const { traceId } = run;
  const text = render({
    ...run,
    spans: [
      ...run.spans,
      ...many.map((i) => ({ ...span, spanId: `u${i}`, parentSpanId: "gone", attributes: {} })),
      ...many.map((i) => ({ ...span, spanId: `c${i}`, parentSpanId: "u0", attributes: {} })),
    ],
    logs: many.map((time) => ({
      time,
      traceId,
      severityNumber: 9,
      severityText: "info",
      body: "line",
      attributes: {},
      resource: {},
    })),
  });
  expect(text).toContain("150000 log lines");
  expect(text).toMatch(/… \d{6} more/);
  expect(text).toMatch(/✗ allocateShipping/);
  expect(text.split("\n").length).toBeLessThan(1000);
}, 120_000);
