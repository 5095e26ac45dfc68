import { formatTime } from "../../core/time.ts";
import type { ReportLog, ReportRow } from "../../report/run-report.ts";
import { whySentence } from "../../report/why.ts";
import type { LookupAnswer } from "./answer.ts";
import {
  LOOKUP_SCHEMA,
  type LookupDocument,
  type LookupLog,
  type LookupRun,
  type LookupStep,
} from "./document.ts";

/** What `durascope lookup --json` prints: a {@link LookupDocument}, indented, without a line break at its end. Holds no character that could move a terminal. */
export function lookupJson(answer: LookupAnswer, now: number): string {
  const document: LookupDocument = {
    schema: LOOKUP_SCHEMA,
    id: answer.id,
    asked: answer.asked,
    chosenBy: answer.chosenBy,
    runs: answer.runs.map((run) => runJson(run, now)),
    otherTraces: answer.result.otherTraces,
    notes: answer.result.notes,
  };
  return JSON.stringify(document, null, 2).replaceAll(INVISIBLE, escaped);
}

/** What could move a terminal's cursor or turn its text round, and JSON leaves as it is: C1 controls, bidi and other format characters. */
const INVISIBLE = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu;

/** As JSON may write any character of a string too: nothing else of a document holds such ones. */
function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_none, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");
}

function runJson({ report, links }: LookupAnswer["runs"][number], now: number): LookupRun {
  const { rows, logs, started, ended, partial, hasStart: _hasStart, ...identity } = report;
  return {
    ...identity,
    started: formatTime(started),
    ...(ended !== undefined && { ended: formatTime(ended), durationMs: length(started, ended) }),
    why: whySentence(report, now),
    partial,
    steps: rows.map(rowJson),
    logs: logs.map(logJson),
    links: links.map(({ title, url }) => ({ title, url })),
  };
}

function rowJson(row: ReportRow): LookupStep {
  const { start, end, parts, children, wait, ...rest } = row;
  return {
    ...rest,
    started: formatTime(start),
    ...(end !== undefined && { ended: formatTime(end), durationMs: length(start, end) }),
    ...(wait !== undefined && { wait: waitJson(wait) }),
    time: parts.map((part) => ({
      state: part.state,
      started: formatTime(part.start),
      durationMs: length(part.start, part.end),
    })),
    steps: children.map(rowJson),
  };
}

function waitJson(wait: NonNullable<ReportRow["wait"]>): NonNullable<LookupStep["wait"]> {
  const { deadline, ...rest } = wait;
  return { ...rest, ...(deadline !== undefined && { deadline: formatTime(deadline) }) };
}

function logJson(log: ReportLog): LookupLog {
  return { ...log, time: formatTime(log.time) };
}

function length(start: number, end: number): number {
  return Math.round((end - start) * 1000) / 1000;
}
