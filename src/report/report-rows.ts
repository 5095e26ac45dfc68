import type { WaitKind, WaitOutcome } from "../core/model.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { attributeText } from "../lookup/attribute-text.ts";
import type { RecordedSpan } from "../lookup/recorded-run.ts";
import type { BarPart, ReportRow } from "./run-report.ts";

/** A span with the rows that stand below it. */
export interface RowSource {
  readonly span: RecordedSpan;
  readonly below: readonly ReportRow[];
}

/** What the kinds of the vocabulary are in a report; all others are tasks. */
const ROW_KINDS: Readonly<Record<string, ReportRow["kind"]>> = {
  child_workflow: "child",
  parallel: "group",
  map: "group",
  iteration: "group",
  group: "group",
  signal: "message",
  update: "message",
  query: "message",
};

/** Why a span failed; undefined when its status is no error. */
export function failureOf(span: RecordedSpan): ReportRow["failure"] {
  if (span.status.code !== "ERROR") return undefined;
  const message = attributeText(span.attributes, "error.message") ?? span.status.message;
  const type = attributeText(span.attributes, "error.type") ?? "error";
  return { type, ...(message !== undefined && message !== type && { message }) };
}

/**
 * The row of a step, and the waits for an answer that its delivery opened beside it: on Step Functions such a wait is a
 * part of the state, to whoever reads it is a thing of its own.
 */
export function taskRow({ span, below }: RowSource): ReportRow[] {
  const { attributes } = span;
  const attempts = below.filter((row) => row.kind === "attempt");
  const waits = below.filter((row) => row.wait?.kind === "task_token");
  const inner = below.filter((row) => row.kind !== "attempt" && row.wait?.kind !== "task_token");
  const delivered = waits.length > 0 ? attempts.at(-1) : undefined;
  const end = delivered?.end ?? waits[0]?.start ?? span.endTime;
  const failure = delivered === undefined ? failureOf(span) : delivered.failure;
  const compensates = attributeText(attributes, VOCABULARY.stepCompensates.key);
  const row: ReportRow = {
    kind: kindOf(span),
    name: span.name,
    spanId: span.spanId,
    start: span.startTime,
    end,
    outcome: delivered?.outcome ?? (waits.length > 0 ? "completed" : outcomeOf(span)),
    ...(failure !== undefined && { failure }),
    attempts: Math.max(Number(attributes[VOCABULARY.stepAttempts.key]) || 0, attempts.length),
    parts: taskParts(span, end, attempts),
    ...(compensates !== undefined && {
      compensates: compensates.split(",").filter((name) => name !== ""),
    }),
    children: inTime([...shownAttempts(attempts), ...inner]),
  };
  return [row, ...waits];
}

/** The row of a step that has no span yet but attempts that ended; nothing when there are none. */
export function openTaskRow(
  attempts: readonly ReportRow[],
  others: readonly ReportRow[],
  spans: readonly RecordedSpan[],
): ReportRow[] {
  const [first] = attempts;
  if (first === undefined) return [...others];
  const waits = others.filter((row) => row.kind === "wait");
  const attributes = spans.find((span) => span.spanId === first.spanId)?.attributes ?? {};
  const last = attempts.at(-1);
  const delivered = waits.length > 0 ? last : undefined;
  return [
    {
      kind: "task",
      name: attributeText(attributes, VOCABULARY.stepName.key) ?? first.name,
      start: first.start,
      ...(delivered?.end !== undefined && { end: delivered.end }),
      outcome: delivered?.outcome ?? "open",
      ...(last?.failure !== undefined && { failure: last.failure }),
      attempts: attempts.length,
      parts: attemptParts(attempts),
      children: inTime([
        ...shownAttempts(attempts),
        ...others.filter((row) => row.kind !== "wait"),
      ]),
    },
    ...waits,
  ];
}

/** The row of one attempt. */
export function attemptRow({ span, below }: RowSource): ReportRow {
  const number = attributeText(span.attributes, VOCABULARY.stepAttempt.key) ?? "?";
  return {
    ...spanRow({ span, below }),
    kind: "attempt",
    name: `attempt ${number}`,
    outcome: outcomeOf(span),
  };
}

/** The row of a wait, or of a marker that says that a wait has begun. */
export function waitRow({ span, below }: RowSource): ReportRow {
  const { attributes } = span;
  const outcome = attributeText(attributes, VOCABULARY.waitOutcome.key) as WaitOutcome | undefined;
  const resolvedBy = attributeText(attributes, VOCABULARY.waitResolvedBy.key);
  const deadline = Date.parse(attributeText(attributes, VOCABULARY.waitDeadline.key) ?? "");
  const failure = outcome === "failed" ? failureOf(span) : undefined;
  const ended = outcome !== undefined;
  return {
    kind: "wait",
    name: attributeText(attributes, VOCABULARY.stepName.key) ?? span.name,
    spanId: span.spanId,
    start: span.startTime,
    ...(ended && { end: span.endTime }),
    outcome: outcome ?? "open",
    ...(failure !== undefined && { failure }),
    attempts: 0,
    parts: ended ? [{ start: span.startTime, end: span.endTime, state: "waited" }] : [],
    wait: {
      kind: (attributeText(attributes, VOCABULARY.waitKind.key) ?? "timer") as WaitKind,
      ...(outcome !== undefined && { outcome }),
      ...(resolvedBy !== undefined && { resolvedBy }),
      ...(!Number.isNaN(deadline) && { deadline }),
    },
    children: inTime(below),
  };
}

/** The row of a span that is not durascope's. */
export function spanRow({ span, below }: RowSource): ReportRow {
  const failure = failureOf(span);
  const service = attributeText(span.resource, "service.name");
  return {
    kind: "span",
    name: span.name,
    spanId: span.spanId,
    start: span.startTime,
    end: span.endTime,
    outcome: failure === undefined ? "completed" : "failed",
    ...(failure !== undefined && { failure }),
    attempts: 0,
    parts: [
      {
        start: span.startTime,
        end: span.endTime,
        state: failure === undefined ? "worked" : "failed",
      },
    ],
    ...(service !== undefined && { service }),
    children: inTime(below),
  };
}

/** Attempts are worth lines of their own when there are several; of a single one only what stands below it. */
function shownAttempts(attempts: readonly ReportRow[]): readonly ReportRow[] {
  return attempts.length === 1 ? (attempts[0]?.children ?? []) : attempts;
}

function taskParts(span: RecordedSpan, end: number, attempts: readonly ReportRow[]): BarPart[] {
  const start = span.startTime;
  const [first] = attempts;
  if (isAround(span)) return [{ start, end, state: "around" }];
  if (first === undefined) {
    return [{ start, end, state: span.status.code === "ERROR" ? "failed" : "worked" }];
  }
  const parts = attemptParts(attempts);
  if (first.start > start) parts.unshift({ start, end: first.start, state: "idle" });
  return parts;
}

/** A container and a child run last as long as what is inside them: their bars are no work of their own. */
function isAround(span: RecordedSpan): boolean {
  const kind = kindOf(span);
  return kind === "child" || kind === "group";
}

function kindOf(span: RecordedSpan): ReportRow["kind"] {
  const kind = attributeText(span.attributes, VOCABULARY.stepKind.key) ?? "";
  return Object.hasOwn(ROW_KINDS, kind) ? (ROW_KINDS[kind] ?? "task") : "task";
}

/** Attempts one after the other, with the back-off between them. */
function attemptParts(attempts: readonly ReportRow[]): BarPart[] {
  const parts: BarPart[] = [];
  for (const attempt of attempts) {
    const before = parts.at(-1);
    if (before !== undefined && attempt.start > before.end) {
      parts.push({ start: before.end, end: attempt.start, state: "idle" });
    }
    parts.push({
      start: attempt.start,
      end: attempt.end ?? attempt.start,
      state: attempt.failure === undefined ? "worked" : "failed",
    });
  }
  return parts;
}

function outcomeOf(span: RecordedSpan): string {
  return (
    attributeText(span.attributes, VOCABULARY.outcome.key) ??
    (span.status.code === "ERROR" ? "failed" : "completed")
  );
}

function inTime(rows: readonly ReportRow[]): ReportRow[] {
  return rows.toSorted((a, b) => a.start - b.start);
}
