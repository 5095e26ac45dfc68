import { VOCABULARY } from "../core/vocabulary.ts";
import type { OtherTrace } from "./backend.ts";
import { matchOf, traceIdOf } from "./match-id.ts";
import type { RecordedLog, RecordedRun, RecordedSpan } from "./recorded-run.ts";
import { roleOf } from "./span-role.ts";
import { asRunId } from "./story/candidate-traces.ts";

/** Spans and log lines of some traces, sorted out into runs. */
export interface GroupedRuns {
  readonly runs: readonly RecordedRun[];
  readonly otherTraces: readonly OtherTrace[];
}

/**
 * Sorts spans and log lines of whole traces out into runs: the same for every backend.
 *
 * A span that was delivered more than once is kept once, as it was sent last. Spans and log lines that name no run
 * (the user's) belong to the run of the nearest span above them that does.
 */
export function groupRuns(
  spans: readonly RecordedSpan[],
  logs: readonly RecordedLog[],
  id: string,
): GroupedRuns {
  const runs: RecordedRun[] = [];
  const otherTraces: OtherTrace[] = [];
  const logsOf = Map.groupBy(logs, (log) => log.traceId ?? "");
  for (const [traceId, all] of Map.groupBy(spans, (span) => span.traceId)) {
    const trace = distinct(all);
    const found = runsOfTrace(traceId, trace, logsOf.get(traceId) ?? [], id);
    if (found.length > 0) runs.push(...found);
    else otherTraces.push(otherTrace(traceId, trace, id));
  }
  runs.sort((a, b) => rank(a) - rank(b) || startOf(b) - startOf(a));
  return { runs, otherTraces };
}

function rank(run: RecordedRun): number {
  return run.match === "own" ? 0 : 1;
}

function startOf(run: RecordedRun): number {
  return run.spans[0]?.startTime ?? run.logs[0]?.time ?? 0;
}

function distinct(spans: readonly RecordedSpan[]): RecordedSpan[] {
  const byId = new Map<string, RecordedSpan>();
  for (const span of spans) byId.set(span.spanId, span);
  return [...byId.values()].toSorted((a, b) => a.startTime - b.startTime || a.endTime - b.endTime);
}

function runsOfTrace(
  traceId: string,
  spans: readonly RecordedSpan[],
  logs: readonly RecordedLog[],
  id: string,
): RecordedRun[] {
  const owned = new Set<string>();
  for (const span of spans) {
    const role = roleOf(span);
    if (role !== "user" && role !== "start") owned.add(runIdOf(span.attributes) ?? "");
  }
  const [only] = owned.size === 1 ? owned : [];
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const found = new Map<string, string | undefined>();
  const runOf = (span: RecordedSpan | undefined): string => {
    const below: string[] = [];
    let at = span;
    let run: string | undefined;
    while (at !== undefined && run === undefined && !found.has(at.spanId)) {
      // Known from here on, so that spans which stand below each other end the way up.
      found.set(at.spanId, undefined);
      below.push(at.spanId);
      const runId = runIdOf(at.attributes);
      if (runId !== undefined && owned.has(runId)) run = runId;
      else at = byId.get(at.parentSpanId ?? "");
    }
    run ??= found.get(at?.spanId ?? "");
    for (const spanId of below) found.set(spanId, run);
    return run ?? only ?? "";
  };
  const spansOfRun = Map.groupBy(spans, runOf);
  const logsOfRun = Map.groupBy(logs, (log) => {
    const runId = runIdOf(log.attributes);
    return runId !== undefined && owned.has(runId) ? runId : runOf(byId.get(log.spanId ?? ""));
  });
  return [...owned].map((runId) => {
    const own = spansOfRun.get(runId) ?? [];
    const lines = (logsOfRun.get(runId) ?? []).toSorted((a, b) => a.time - b.time);
    const isOwn =
      traceIdOf(id) === traceId ||
      runId === asRunId(id) ||
      [...own, ...lines].some(({ attributes }) => matchOf(attributes, id) === "own");
    return { traceId, runId, spans: own, logs: lines, match: isOwn ? "own" : "related" };
  });
}

function runIdOf(attributes: RecordedSpan["attributes"]): string | undefined {
  const runId = attributes[VOCABULARY.runId.key];
  return typeof runId === "string" ? runId : undefined;
}

function otherTrace(traceId: string, spans: readonly RecordedSpan[], id: string): OtherTrace {
  const span = spans.find(({ attributes }) => matchOf(attributes, id) !== undefined) ?? spans[0];
  const service = span?.resource["service.name"];
  return { traceId, span: span?.name ?? "", ...(typeof service === "string" && { service }) };
}
