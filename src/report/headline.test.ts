import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { sagaRun } from "../../test/support/saga-runs.ts";
import { buildReport } from "./build-report.ts";
import { headlineOf, renderRunList } from "./headline.ts";
import { palette } from "./palette.ts";
import { width } from "./printable.ts";

const now = Date.UTC(2026, 10, 27);
const reports = [
  buildReport(sagaRun("stepfunctions", "fulfilled")),
  buildReport(sagaRun("temporal", "fulfilled")),
];

const list = (columns: number, color = false): string =>
  renderRunList(reports, { columns, color, now });

const widest = (text: string): number => Math.max(...text.split("\n").map(width));

test("a list of runs is a line each where these fit, the first of them marked", () => {
  expect(list(100).replaceAll(/[\d.]+ (ms|s|min)\b/g, "T")).toMatch(
    /^→ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}orderSaga order-1000 {2}completed {2}T {2}Step Functions\n {2}\d.* {2}Temporal$/,
  );
  expect(list(widest(list(100)))).toBe(list(100));
});

test("a list that is too wide is two lines a run, none wider than a narrow terminal", () => {
  for (const columns of [60, widest(list(100)) - 1]) {
    const lines = list(columns).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^→ .* {2}orderSaga order-1000$/);
    expect(lines[1]).toMatch(/^ {4}completed .* {2}Step Functions$/);
    expect(widest(list(columns))).toBeLessThanOrEqual(columns);
  }
});

test("a list on a terminal that is narrower still is a line for each thing that is said", () => {
  const lines = list(30).split("\n");
  expect(lines.slice(0, 2)).toEqual([
    expect.stringMatching(/^→ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    "    orderSaga order-1000",
  ]);
  expect(widest(list(30))).toBeLessThanOrEqual(30);
});

test("colours take no columns", () => {
  for (const columns of [60, widest(list(100)), 100]) {
    expect(list(columns, true)).toContain("\u001b[");
    expect(stripVTControlCharacters(list(columns, true))).toBe(list(columns));
  }
});

test("a headline that is too wide goes on in a second line, and no id is cut", () => {
  const workflowId = "order-".repeat(20);
  const [report] = reports.map((short) => ({ ...short, workflowId }));
  const lines = report === undefined ? [] : headlineOf(report, now, palette(false), 60);
  expect(lines).toEqual([
    `orderSaga ${workflowId}`,
    expect.stringMatching(/^completed {2}.* {2}Step Functions$/),
  ]);
});
