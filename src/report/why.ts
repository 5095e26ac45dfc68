import { counted } from "../core/counted.ts";
import { formatDuration } from "./duration.ts";
import { isFault } from "./fault.ts";
import { cut } from "./printable.ts";
import type { ReportRow, RunReport } from "./run-report.ts";

const MOST_CLAUSES = 5;
/** Open steps and waits that are named of an open run. */
const MOST_OPEN = 3;
const LONGEST_NAME = 100;
const ENDINGS: Readonly<Record<string, string>> = {
  timed_out: "timed out",
  continued_as_new: "went on as a new run",
};

/** A part of the sentence; where there are too many the lighter ones are left out. */
interface Clause {
  readonly text: string;
  readonly weight: number;
}

/** What undoes something; what went wrong; what was cut off; what went well in the end. */
const WEIGHT = { undo: 4, fault: 3, cutOff: 2, remark: 1 } as const;

/**
 * Why a run came out as it did, in one sentence: what failed, what was waited for, what was undone, in the order in
 * which it happened; of an open run, what it is at.
 */
export function whySentence(report: RunReport, now: number): string {
  const rows = [...stepRows(report.rows)].toSorted(
    (a, b) => (a.end ?? Infinity) - (b.end ?? Infinity) || a.start - b.start,
  );
  const byStart = rows.toSorted((a, b) => a.start - b.start);
  const clauses = weightiest(gathered(rows.flatMap((row) => clauseOf(row, byStart))));
  const sentence =
    report.outcome === "open"
      ? [openClause(report, rows, now), ...clauses]
      : [...clauses, ...endClause(report, rows)];
  return `${sentence.join("; ")}.`;
}

/** Steps and waits, without what attempts and user spans hold inside; of a group that failed only what failed in it. */
function* stepRows(rows: readonly ReportRow[]): Generator<ReportRow> {
  for (const row of rows) {
    if (row.kind === "attempt" || row.kind === "span" || row.kind === "message") continue;
    const inner = [...stepRows(row.children)];
    yield* inner;
    if (row.kind === "group" && inner.some(isFault)) continue;
    yield row;
  }
}

/** What is said several times is said once, and how often: `item failed (Declined), 40 times`; of iterations, without their numbers. */
function gathered(clauses: readonly Clause[]): readonly Clause[] {
  const alike = Map.groupBy(clauses, ({ text }) => text.replaceAll(/\[\d+\]/g, "[…]"));
  return [...alike].flatMap(([text, all]) => {
    const [first] = all;
    if (first === undefined || all.length === 1) return all;
    const isSame = all.every((clause) => clause.text === first.text);
    return [{ ...first, text: `${isSame ? first.text : text}, ${all.length} times` }];
  });
}

/** The weightiest, in their order, and how many others there are. */
function weightiest(clauses: readonly Clause[]): readonly string[] {
  if (clauses.length <= MOST_CLAUSES) return clauses.map(({ text }) => text);
  const kept = new Set(clauses.toSorted((a, b) => b.weight - a.weight).slice(0, MOST_CLAUSES - 1));
  return [
    ...clauses.filter((clause) => kept.has(clause)).map(({ text }) => text),
    `${clauses.length - kept.size} more`,
  ];
}

/** What is to be said of a row; `rows` are all of them, in the order of their starts. */
function clauseOf(row: ReportRow, rows: readonly ReportRow[]): Clause[] {
  if (row.kind === "wait") return waitClause(row, rows);
  const name = nameOf(row);
  const tries = row.attempts > 1 ? ` after ${row.attempts} attempts` : "";
  const type = typeOf(row.failure);
  if (row.compensates !== undefined) return compensationClause(row, rows, `${tries}${type}`);
  switch (row.outcome) {
    case "failed":
      return [{ text: `${name} failed${tries}${type}`, weight: WEIGHT.fault }];
    case "timed_out":
      return [{ text: `${name} timed out${tries}`, weight: WEIGHT.fault }];
    case "cancelled":
    case "terminated":
    case "abandoned":
      return [{ text: `${name} was ${row.outcome}`, weight: WEIGHT.cutOff }];
    case "completed":
      return row.attempts > 1
        ? [
            {
              text: `${name} succeeded at attempt ${row.attempts}${lastFailure(row)}`,
              weight: WEIGHT.remark,
            },
          ]
        : [];
    default:
      return [];
  }
}

function nameOf(row: ReportRow): string {
  return cut(row.name, LONGEST_NAME);
}

function typeOf(failure: ReportRow["failure"]): string {
  return failure === undefined ? "" : ` (${cut(failure.type, LONGEST_NAME)})`;
}

function lastFailure(row: ReportRow): string {
  const types = new Set(
    row.children.flatMap((child) => (child.kind === "attempt" ? (child.failure?.type ?? []) : [])),
  );
  return types.size === 0 ? "" : ` (${[...types].join(", ")} before)`;
}

function compensationClause(row: ReportRow, rows: readonly ReportRow[], details: string): Clause[] {
  const name = nameOf(row);
  if (isFault(row)) {
    const isSecond = rows.some(
      (other) => other !== row && isFault(other) && (other.end ?? 0) <= row.start,
    );
    return [{ text: `${name} failed${isSecond ? " too" : ""}${details}`, weight: WEIGHT.undo }];
  }
  if (row.outcome === "open") return [];
  if (row.outcome !== "completed")
    return [{ text: `${name} was ${row.outcome}`, weight: WEIGHT.undo }];
  const undone = row.compensates ?? [];
  return undone.length === 0
    ? [{ text: `${name} had nothing to undo`, weight: WEIGHT.remark }]
    : [{ text: `${name} undid ${listed(undone)}`, weight: WEIGHT.undo }];
}

function waitClause(row: ReportRow, rows: readonly ReportRow[]): Clause[] {
  const { wait } = row;
  const name = nameOf(row);
  const length = formatDuration((row.end ?? row.start) - row.start);
  switch (wait?.outcome) {
    case "resolved": {
      const text =
        wait.resolvedBy === undefined
          ? `${name} was answered after ${length}`
          : `${cut(wait.resolvedBy, LONGEST_NAME)} answered ${name} after ${length}`;
      return [{ text, weight: WEIGHT.remark }];
    }
    case "failed":
      return [
        { text: `${name} was refused after ${length}${typeOf(row.failure)}`, weight: WEIGHT.fault },
      ];
    case "elapsed":
      return isMissedAnswer(row, rows)
        ? [{ text: `nobody answered ${name} within ${limitOf(row)}`, weight: WEIGHT.fault }]
        : [];
    case "cancelled":
    case "abandoned":
    case undefined:
      break;
  }
  return [];
}

/**
 * Whether the end of a wait's time was nobody's wish. A timer does not tell a deadline from a pause: it was a deadline
 * when what came next undoes something.
 */
function isMissedAnswer(row: ReportRow, rows: readonly ReportRow[]): boolean {
  if (row.wait?.kind !== "timer") return true;
  return firstFrom(rows, row.end ?? 0)?.compensates !== undefined;
}

/** The first row that starts at a time or later, of rows in the order of their starts. */
function firstFrom(rows: readonly ReportRow[], from: number): ReportRow | undefined {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.start ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return rows[low];
}

/** Clocks of engines and of deadlines differ by so much. */
const SLACK = 5000;

/**
 * Up to the deadline. Where the wait ended long before it (a heartbeat stayed away), or the deadline is told by another clock
 * and lies before the start: as long as it took.
 */
function limitOf(row: ReportRow): string {
  const end = row.end ?? row.start;
  const deadline = row.wait?.deadline ?? end;
  const isMeant = deadline > row.start && deadline - end < SLACK;
  return formatDuration((isMeant ? deadline : end) - row.start);
}

function openClause(report: RunReport, rows: readonly ReportRow[], now: number): string {
  const state = report.hasStart ? "still running" : "how it ended is not known";
  const open = rows.filter((row) => row.end === undefined);
  // What keeps failing comes first, and a pause that runs beside other things last.
  const phrases = [
    ...open.filter((row) => row.kind !== "wait" && row.failure !== undefined).map(retried),
    ...open.filter((row) => row.kind === "wait" && !isTimer(row)).map((row) => awaited(row, now)),
    ...open
      .filter((row) => row.kind !== "wait" && row.failure === undefined)
      .map((row) => `at ${nameOf(row)}`),
    ...open.filter(isTimer).map((row) => awaited(row, now)),
  ];
  if (phrases.length > 0) {
    const rest = phrases.length - MOST_OPEN;
    return `${state}: ${phrases.slice(0, MOST_OPEN).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  }
  const last = rows.at(-1);
  return last === undefined
    ? `${state}: no step has ended yet`
    : `${state}: the last step that ended is ${nameOf(last)}`;
}

function isTimer(row: ReportRow): boolean {
  return row.wait?.kind === "timer";
}

function retried(row: ReportRow): string {
  const times = counted(row.attempts, "failed attempt");
  return `${nameOf(row)} is being tried again after ${times}${typeOf(row.failure)}`;
}

function awaited(row: ReportRow, now: number): string {
  return `waiting for ${nameOf(row)} since ${time(row.start)} (${formatDuration(now - row.start)})`;
}

function endClause(report: RunReport, rows: readonly ReportRow[]): string[] {
  const word = ENDINGS[report.outcome] ?? report.outcome;
  if (report.outcome !== "failed") return [word];
  const isTold = rows.some(
    (row) =>
      isFault(row) && (report.failure === undefined || row.failure?.type === report.failure.type),
  );
  return isTold ? [] : [`${word}${typeOf(report.failure)}`];
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
