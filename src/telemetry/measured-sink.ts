import type { WorkflowTrace } from "../core/model.ts";
import type { TraceSink } from "../core/ports.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import { logEventsOf } from "../projection/log-events.ts";
import { measurementsOf } from "../projection/measurements.ts";
import type { WorkflowLogger } from "./logger.ts";
import type { WorkflowMeter } from "./meter.ts";
import type { OpenRuns } from "./open-runs.ts";

/** What a {@link measuredSink} tells beside what the sink in it does. */
export interface MeasuredSinkParts {
  readonly meter: WorkflowMeter;
  readonly logger: WorkflowLogger;
  readonly open: OpenRuns;
  /** Keys of business attributes that become labels of what is measured of runs. */
  readonly metricAttributes: readonly string[];
}

/**
 * A sink that measures what the one in it has acknowledged, and writes its log lines. A hand-over that is rejected is
 * given again and measured then; one whose checkpoint a crash cuts off is given and measured twice, as its spans are
 * exported twice. The gauges follow what is handed over, acknowledged or not. Without a MeterProvider and a LoggerProvider
 * nothing is computed; gauges know a run from the first that is handed over after there is a MeterProvider.
 */
export function measuredSink(sink: TraceSink, parts: MeasuredSinkParts): TraceSink {
  const { meter, logger, open, metricAttributes } = parts;

  function measure(trace: WorkflowTrace, after: number): void {
    if (meter.enabled())
      meter.record(measurementsOf(trace, { after, runLabels: metricAttributes }));
    if (logger.enabled()) logger.emit(logEventsOf(trace, nodeSha256, { after }));
  }

  return {
    async accept(trace, after) {
      const untracked = meter.enabled() ? open.told(trace, after) : 0;
      await sink.accept(trace, after);
      if (untracked > 0)
        meter.record([{ instrument: "runsUntracked", value: untracked, labels: {} }]);
      measure(trace, after);
    },
  };
}
