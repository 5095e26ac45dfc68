import { formatDuration } from "./duration.ts";
import type { ReportRow, RunReport } from "./run-report.ts";

const MOST_CLAUSES = 5;
const FAULTS: ReadonlySet<string> = new Set(["failed", "timed_out", "terminated", "aborted"]);
const ENDINGS: Readonly<Record<string, string>> = {
  timed_out: "timed out",
  continued_as_new: "went on as a new run",
};

/**
 * Why a run came out as it did, in one sentence: what failed, what was waited for, what was undone, in the order in
 * which it happened; of an open run, what it is at.
 */
export function whySentence(report: RunReport, now: number): string {
  const rows = [...stepRows(report.rows)].toSorted(
    (a, b) => (a.end ?? Infinity) - (b.end ?? Infinity) || a.start - b.start,
  );
  const clauses = rows.flatMap((row) => clauseOf(row, rows));
  const shown =
    clauses.length > MOST_CLAUSES
      ? [...clauses.slice(0, MOST_CLAUSES - 1), `${clauses.length - MOST_CLAUSES + 1} more`]
      : clauses;
  const sentence =
    report.outcome === "open"
      ? [openClause(rows, now), ...shown]
      : [...shown, ...endClause(report, rows)];
  return `${sentence.join("; ")}.`;
}

/** Steps and waits, without what attempts and user spans hold inside; of a group that failed only what failed in it. */
function* stepRows(rows: readonly ReportRow[]): Generator<ReportRow> {
  for (const row of rows) {
    if (row.kind === "attempt" || row.kind === "span" || row.kind === "message") continue;
    const inner = [...stepRows(row.children)];
    yield* inner;
    if (row.kind === "group" && inner.some((step) => FAULTS.has(step.outcome))) continue;
    yield row;
  }
}

function clauseOf(row: ReportRow, rows: readonly ReportRow[]): string[] {
  if (row.kind === "wait") return waitClause(row, rows);
  const tries = row.attempts > 1 ? ` after ${row.attempts} attempts` : "";
  const type = row.failure === undefined ? "" : ` (${row.failure.type})`;
  if (row.compensates !== undefined) return [compensationClause(row, rows, `${tries}${type}`)];
  switch (row.outcome) {
    case "failed":
      return [`${row.name} failed${tries}${type}`];
    case "timed_out":
      return [`${row.name} timed out${tries}`];
    case "cancelled":
    case "terminated":
    case "abandoned":
      return [`${row.name} was ${row.outcome}`];
    case "completed":
      return row.attempts > 1
        ? [`${row.name} succeeded at attempt ${row.attempts}${lastFailure(row)}`]
        : [];
    default:
      return [];
  }
}

function lastFailure(row: ReportRow): string {
  const types = new Set(
    row.children.flatMap((child) => (child.kind === "attempt" ? (child.failure?.type ?? []) : [])),
  );
  return types.size === 0 ? "" : ` (${[...types].join(", ")} before)`;
}

function compensationClause(row: ReportRow, rows: readonly ReportRow[], details: string): string {
  if (FAULTS.has(row.outcome)) {
    const isSecond = rows.some(
      (other) => other !== row && isFault(other) && (other.end ?? 0) <= row.start,
    );
    return `${row.name} failed${isSecond ? " too" : ""}${details}`;
  }
  if (row.outcome !== "completed") return `${row.name} was ${row.outcome}`;
  const undone = row.compensates ?? [];
  return undone.length === 0
    ? `${row.name} had nothing to undo`
    : `${row.name} undid ${listed(undone)}`;
}

function waitClause(row: ReportRow, rows: readonly ReportRow[]): string[] {
  const { wait } = row;
  const length = formatDuration((row.end ?? row.start) - row.start);
  switch (wait?.outcome) {
    case "resolved":
      return [
        wait.resolvedBy === undefined
          ? `${row.name} was answered after ${length}`
          : `${wait.resolvedBy} answered ${row.name} after ${length}`,
      ];
    case "failed":
      return [
        `${row.name} was refused after ${length}${row.failure === undefined ? "" : ` (${row.failure.type})`}`,
      ];
    case "elapsed":
      return isMissedAnswer(row, rows)
        ? [`nobody answered ${row.name} within ${limitOf(row)}`]
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
  const next = rows
    .filter((other) => other.start >= (row.end ?? 0))
    .toSorted((a, b) => a.start - b.start)[0];
  return next?.compensates !== undefined;
}

/** Up to the deadline; where that is told by another clock and lies before the start, as long as it took. */
function limitOf(row: ReportRow): string {
  const end = row.end ?? row.start;
  const deadline = row.wait?.deadline ?? end;
  return formatDuration((deadline > row.start ? deadline : end) - row.start);
}

function openClause(rows: readonly ReportRow[], now: number): string {
  const open = rows.filter((row) => row.end === undefined);
  const wait = open.find((row) => row.kind === "wait");
  if (wait !== undefined) {
    return `still running: waiting for ${wait.name} since ${time(wait.start)} (${formatDuration(now - wait.start)})`;
  }
  const task = open.at(-1);
  if (task !== undefined) {
    if (task.failure === undefined) return `still running: at ${task.name}`;
    const type = ` (${task.failure.type})`;
    return `still running: ${task.name} is being tried again after ${task.attempts} failed attempt${task.attempts === 1 ? "" : "s"}${type}`;
  }
  const last = rows.at(-1);
  return last === undefined
    ? "still running: no step has ended yet"
    : `still running: the last step that ended is ${last.name}`;
}

function endClause(report: RunReport, rows: readonly ReportRow[]): string[] {
  const word = ENDINGS[report.outcome] ?? report.outcome;
  if (report.outcome !== "failed") return [word];
  const isTold = rows.some(
    (row) =>
      isFault(row) && (report.failure === undefined || row.failure?.type === report.failure.type),
  );
  return isTold ? [] : [report.failure === undefined ? word : `failed (${report.failure.type})`];
}

function isFault(row: ReportRow): boolean {
  return FAULTS.has(row.outcome);
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
