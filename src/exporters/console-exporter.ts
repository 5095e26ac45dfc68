import { groupRuns } from "../lookup/group-runs.ts";
import type { RecordedSpan } from "../lookup/recorded-run.ts";
import { roleOf } from "../lookup/span-role.ts";
import { buildReport } from "../report/build-report.ts";
import { wantsColor } from "../report/palette.ts";
import { renderReport } from "../report/tree-text.ts";
import { fromReadableSpan } from "../telemetry/otlp/exported-span.ts";
import type { SpanExporter } from "../telemetry/span-exporter.ts";

/** Options of {@link consoleTreeExporter}. */
export interface ConsoleTreeOptions {
  /** Takes the text of a run. @default the standard output */
  readonly write?: (text: string) => void;
  /** Width of the text. @default the terminal's, 100 where there is none */
  readonly columns?: number;
  /** @default what the terminal, `NO_COLOR` and `FORCE_COLOR` say */
  readonly color?: boolean;
  /** The current time, in milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
}

/** Spans of more traces than these are not held until their run ends: those that got none for the longest time are given up. */
const MOST_TRACES = 500;
const MOST_SPANS = 5000;

/**
 * An exporter that prints the tree of each run once its run span ends, for development:
 * `new SimpleSpanProcessor({ exporter: consoleTreeExporter() })`. What belongs to no workflow is not printed.
 */
export function consoleTreeExporter(options: ConsoleTreeOptions = {}): SpanExporter {
  const write = options.write ?? ((text: string) => void process.stdout.write(text));
  const now = options.now ?? Date.now;
  const traces = new Map<string, RecordedSpan[]>();

  function hold(span: RecordedSpan): void {
    const held = traces.get(span.traceId) ?? [];
    if (held.length < MOST_SPANS) held.push(span);
    // At the end again: a run of hours must not go for the requests of the application that come meanwhile.
    traces.delete(span.traceId);
    traces.set(span.traceId, held);
    const [oldest] = traces.keys();
    if (traces.size > MOST_TRACES && oldest !== undefined) traces.delete(oldest);
  }

  function print(traceId: string): void {
    const { runs } = groupRuns(traces.get(traceId) ?? [], [], traceId);
    traces.delete(traceId);
    for (const run of runs) {
      const text = renderReport(buildReport(run), {
        columns: options.columns ?? process.stdout.columns ?? 100,
        color: options.color ?? wantsColor(process.env, process.stdout.isTTY),
        now: now(),
      });
      write(`${text}\n\n`);
    }
  }

  return {
    export(spans, resultCallback) {
      try {
        const ended = new Set<string>();
        for (const readable of spans) {
          const span = fromReadableSpan(readable);
          hold(span);
          if (roleOf(span) === "run") ended.add(span.traceId);
        }
        for (const traceId of ended) print(traceId);
        resultCallback({ code: 0 });
      } catch (error) {
        resultCallback({
          code: 1,
          error: error instanceof Error ? error : new Error(String(error)),
        });
      }
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(traces.clear()),
  };
}
