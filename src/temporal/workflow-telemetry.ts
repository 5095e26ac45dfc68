import type { SpanRecord } from "../projection/span-record.ts";
import { countedSpans, NO_SPANS_YET } from "../telemetry/counted-spans.ts";
import { workflowLogger } from "../telemetry/logger.ts";
import { workflowMeter } from "../telemetry/meter.ts";
import { openRuns } from "../telemetry/open-runs.ts";
import { type SpanSink, spanSink } from "../telemetry/span-sink.ts";
import type { Notes, WantedNotes } from "./notes.ts";
import { oldestRuns } from "./oldest-runs.ts";
import { servers } from "./server-questions.ts";
import { silentRuns } from "./silent-runs.ts";
import { type TimedOutAttempts, timedOutAttempts } from "./timed-out-attempts.ts";
import type { WorkflowTracingOptions } from "./tracing-options.ts";
import type { RunFacts } from "./workflow/run-facts.ts";

/** Where one plugin's spans, metrics and log lines go. None of its functions throws. */
export interface WorkflowTelemetry {
  readonly emit: (spans: readonly SpanRecord[], notes?: Notes) => void;
  /**
   * Takes facts into the gauges of what is open, at once: what they show is provisional anyway. Without a MeterProvider
   * nobody sees them, so nothing is taken.
   */
  follow(facts: RunFacts): void;
  /** Finds the retries that no attempt's own worker can tell of. */
  readonly timedOut: TimedOutAttempts;
  /** Which notes would be taken by anything now. */
  readonly wanted: () => WantedNotes;
  flush(): Promise<void>;
  /** A worker begins. */
  workerStarted(worker: unknown): void;
  /** A worker has ended: when it was the last one, what its runs do is known here no more. */
  workerStopped(worker: unknown): void;
}

/** Makes what a plugin hands its tellings to, from the plugin's options. */
export function workflowTelemetry(options: WorkflowTracingOptions): WorkflowTelemetry {
  const { spanProcessor, longestSpan, onWarning, meterProvider, loggerProvider, logEvents } =
    options;
  const open = openRuns();
  const oldest = oldestRuns(() => meter.enabled());
  const meter = workflowMeter(
    {
      ...(meterProvider !== undefined && { meterProvider }),
      ...(onWarning !== undefined && { onWarning }),
    },
    () => [...open.gauges(), ...oldest.gauges()],
  );
  const logger = workflowLogger({
    ...(loggerProvider !== undefined && { loggerProvider }),
    ...(logEvents !== undefined && { logEvents }),
  });
  const sink: SpanSink = countedSpans(
    spanSink({
      ...(spanProcessor !== undefined && { spanProcessor }),
      ...(longestSpan !== undefined && { longestSpan }),
      ...(onWarning !== undefined && { onWarning }),
    }),
    meter,
    "lost",
  );
  const known = servers();
  const silent = silentRuns(open, known.describe, meter);
  let workers = 0;
  return {
    timedOut: timedOutAttempts(known),
    emit(spans, notes) {
      sink.emit(spans);
      if (notes === undefined) return;
      meter.record(notes.measurements);
      logger.emit(notes.events);
    },
    follow({ trace, after, discarded }) {
      if (!meter.enabled()) return;
      const untracked = open.told(trace, after);
      open.discard(trace.runId, discarded);
      if (untracked > 0)
        meter.record([{ instrument: "runsUntracked", value: untracked, labels: {} }]);
    },
    wanted: () => ({ measurements: meter.enabled(), events: logger.enabled() }),
    async flush() {
      await sink.flush();
    },
    workerStarted(worker) {
      workers += 1;
      meter.start();
      meter.record(NO_SPANS_YET);
      known.add(worker);
      silent.start();
      oldest.workerStarted(worker);
    },
    workerStopped(worker) {
      workers -= 1;
      known.remove(worker);
      oldest.workerStopped(worker);
      if (workers > 0) return;
      silent.stop();
      open.clear();
    },
  };
}
