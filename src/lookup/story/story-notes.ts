import { counted } from "../../core/counted.ts";
import { attributeText } from "../attribute-text.ts";
import type { RecordedLog, RecordedRun, RecordedSpan } from "../recorded-run.ts";
import { roleOf } from "../span-role.ts";

/** Clocks that differ by less than this are not worth a word, in milliseconds. */
const TOLERANCE = 60_000;
const MINUTE = 60_000;

/**
 * What is odd in what was found, a sentence each: repeats, log lines without spans, clocks that disagree, one run in
 * several traces.
 */
export function storyNotes(
  found: { readonly spans: readonly RecordedSpan[]; readonly logs: readonly RecordedLog[] },
  runs: readonly RecordedRun[],
): readonly string[] {
  const { spans, logs } = found;
  return [
    ...repeatNotes(spans),
    ...lonelyLogs(spans, logs),
    ...severalTraces(runs),
    ...clockNotes(runs),
  ];
}

/** When a run began by what is there of it: its own span, its marker, its first span; ms since the epoch. */
export function startOfRun(run: RecordedRun): number {
  const begin = run.spans.find((span) => ["run", "started"].includes(roleOf(span)));
  return begin?.startTime ?? run.spans[0]?.startTime ?? run.logs[0]?.time ?? 0;
}

function repeatNotes(spans: readonly RecordedSpan[]): string[] {
  const distinct = new Set(spans.map((span) => `${span.traceId}/${span.spanId}`)).size;
  const repeats = spans.length - distinct;
  return repeats === 0
    ? []
    : [
        `${counted(repeats, "span")} arrived more than once and ${repeats === 1 ? "counts" : "count"} once.`,
      ];
}

function lonelyLogs(spans: readonly RecordedSpan[], logs: readonly RecordedLog[]): string[] {
  const traces = new Set(spans.map((span) => span.traceId));
  const lonely = logs.filter(({ traceId = "" }) => !traces.has(traceId)).length;
  return lonely === 0
    ? []
    : [`${counted(lonely, "log line")} of traces of which there is no span, not shown.`];
}

function severalTraces(runs: readonly RecordedRun[]): string[] {
  return [...Map.groupBy(runs, (run) => run.runId)].flatMap(([runId, parts]) =>
    parts.length === 1
      ? []
      : [
          `Run ${runId} stands in ${parts.length} traces: parts of its story were sent with other trace ids.`,
        ],
  );
}

function clockNotes(runs: readonly RecordedRun[]): string[] {
  const worst = new Map<string, { spans: number; by: number }>();
  for (const run of runs) {
    const byId = new Map(run.spans.map((span) => [span.spanId, span]));
    const began = startOfRun(run);
    for (const span of run.spans) {
      const by = disagreement(span, byId.get(span.parentSpanId ?? ""), began);
      if (by < TOLERANCE) continue;
      const service = attributeText(span.resource, "service.name") ?? "a service without a name";
      const known = worst.get(service) ?? { spans: 0, by: 0 };
      worst.set(service, { spans: known.spans + 1, by: Math.max(known.by, by) });
    }
  }
  return [...worst].map(
    ([service, { spans, by }]) =>
      `Clocks disagree: ${counted(spans, "span")} of ${service} ${spans === 1 ? "lies" : "lie"} up to ${roughly(by)} outside the span above. Times are shown as they were sent.`,
  );
}

/** By how many ms a span begins before what it is a part of, or, of a call that is served, after its end; 0 when it does neither. */
function disagreement(span: RecordedSpan, parent: RecordedSpan | undefined, began: number): number {
  const early = (parent?.startTime ?? began) - span.startTime;
  const late = parent !== undefined && span.kind === "SERVER" ? span.startTime - parent.endTime : 0;
  return Math.max(0, early, late);
}

function roughly(ms: number): string {
  const minutes = Math.round(ms / MINUTE);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
