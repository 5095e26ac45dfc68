import { METRIC_KEYS } from "../../core/instruments.ts";
import type { WorkflowTrace } from "../../core/model.ts";
import type { TraceSink } from "../../core/ports.ts";
import type { WarningLog } from "../../core/result.ts";
import { VOCABULARY } from "../../core/vocabulary.ts";
import { NO_SPANS_YET } from "../../telemetry/counted-spans.ts";
import { workflowLogger } from "../../telemetry/logger.ts";
import { measuredSink } from "../../telemetry/measured-sink.ts";
import { type Metered, type WorkflowMeter, workflowMeter } from "../../telemetry/meter.ts";
import { openRuns } from "../../telemetry/open-runs.ts";
import type { ApiCall } from "./call-budget.ts";
import type { PollerSettings, StepFunctionsPollerOptions } from "./options.ts";

/** What a poller tells the metrics and logs. None of its functions throws. */
export interface PollerMetrics {
  readonly meter: WorkflowMeter;
  /** A call has ended. */
  call(api: ApiCall, outcome: "ok" | "throttled" | "error"): void;
  /** New events of a history were read. */
  events(count: number): void;
  /** Warnings of histories, of which the unknown events are counted. */
  warnings(log: WarningLog): WarningLog;
  /** A sink that measures what the one in it has acknowledged. */
  sink(sink: TraceSink): TraceSink;
  /** An execution was taken up where a checkpoint left it: it is open, and was counted before. */
  takenUp(trace: WorkflowTrace): void;
  /** An execution is followed no more though it has not closed. */
  forget(executionArn: string): void;
  /** Shows the gauges, from now on. */
  start(lag: () => number): void;
  close(): void;
}

const ENGINE = { [VOCABULARY.engine.key]: "aws_step_functions" };

/** Makes the metrics of one poller. */
export function pollerMetrics(
  options: StepFunctionsPollerOptions,
  settings: PollerSettings,
): PollerMetrics {
  const { meterProvider, loggerProvider, logEvents, metricAttributes = [] } = options;
  const open = openRuns(settings.clock, settings.maxExecutions);
  let lag: (() => number) | undefined;
  const gauges = (): Metered[] => {
    const values = open.gauges();
    if (lag !== undefined)
      values.push({ instrument: "pollerLag", value: lag() / 1000, labels: {} });
    return values;
  };
  const meter = workflowMeter(
    {
      ...(meterProvider !== undefined && { meterProvider }),
      onWarning: (message) => settings.logger.warn(message),
    },
    gauges,
  );
  const logger = workflowLogger({
    ...(loggerProvider !== undefined && { loggerProvider }),
    ...(logEvents !== undefined && { logEvents }),
  });
  return {
    meter,
    call(api, outcome) {
      const labels = { [METRIC_KEYS.api]: api, [METRIC_KEYS.callOutcome]: outcome };
      meter.record([{ instrument: "pollerApiCalls", value: 1, labels }]);
    },
    events(count) {
      if (count > 0) meter.record([{ instrument: "historyEvents", value: count, labels: ENGINE }]);
    },
    warnings: (log) => ({
      add(code, message) {
        log.add(code, message);
        if (code === "unknown_event")
          meter.record([{ instrument: "historyUnknownEvents", value: 1, labels: ENGINE }]);
      },
      list: () => log.list(),
    }),
    sink: (sink) => measuredSink(sink, { meter, logger, open, metricAttributes }),
    takenUp(trace) {
      if (meter.enabled()) open.told(trace, Infinity);
    },
    forget: (executionArn) => open.forget(executionArn),
    start(lagNow) {
      lag = lagNow;
      meter.start();
      meter.record(NO_SPANS_YET);
    },
    close: () => meter.close(),
  };
}
