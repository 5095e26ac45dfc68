import type { LookupResult } from "../lookup/backend.ts";
import type { ReportLog, ReportRow, RunReport } from "../report/run-report.ts";
import { whySentence } from "../report/why.ts";

/** Name and version of the shape that `durascope lookup --json` prints; a field that changes its meaning makes a new version. */
const LOOKUP_SCHEMA = "durascope.lookup/1";

/**
 * What `durascope lookup --json` prints: `{ schema, id, asked, runs, otherTraces, notes }`, the newest run first. Times are
 * ISO 8601, durations milliseconds; `ended`, `durationMs` and a step's `outcome` other than `open` stand only where it
 * ended. Steps nest as in the printed tree.
 */
export function lookupJson(
  id: string,
  asked: string,
  reports: readonly RunReport[],
  result: LookupResult,
  now: number,
): string {
  const { otherTraces, notes } = result;
  const runs = reports.map((report) => runJson(report, now));
  return JSON.stringify({ schema: LOOKUP_SCHEMA, id, asked, runs, otherTraces, notes }, null, 2);
}

function runJson(report: RunReport, now: number): object {
  const { rows, logs, started, ended, partial, ...identity } = report;
  return {
    ...identity,
    started: iso(started),
    ...(ended !== undefined && { ended: iso(ended), durationMs: length(started, ended) }),
    why: whySentence(report, now),
    partial,
    steps: rows.map(rowJson),
    logs: logs.map(logJson),
  };
}

function rowJson(row: ReportRow): object {
  const { start, end, parts, children, wait, ...rest } = row;
  return {
    ...rest,
    started: iso(start),
    ...(end !== undefined && { ended: iso(end), durationMs: length(start, end) }),
    ...(wait !== undefined && {
      wait: { ...wait, ...(wait.deadline !== undefined && { deadline: iso(wait.deadline) }) },
    }),
    time: parts.map((part) => ({
      state: part.state,
      started: iso(part.start),
      durationMs: length(part.start, part.end),
    })),
    steps: children.map(rowJson),
  };
}

function logJson(log: ReportLog): object {
  return { ...log, time: iso(log.time) };
}

function length(start: number, end: number): number {
  return Math.round((end - start) * 1000) / 1000;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
