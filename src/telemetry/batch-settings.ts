import type { Environment } from "../host/disabled.ts";
import { LONGEST_TIMER_MS } from "../host/longest-timer.ts";
import type { WarningLogger } from "./warning-logger.ts";

/** How spans are gathered; what is left out comes from `OTEL_BSP_*`, as of OpenTelemetry's own batch processor. */
export interface BatchOptions {
  /** Longest time that a span waits for others, in milliseconds. @default OTEL_BSP_SCHEDULE_DELAY, 1000, so that a step is seen while its run goes on */
  readonly scheduledDelayMillis?: number;
  /** Most spans that wait; what comes on top is dropped and counted. @default OTEL_BSP_MAX_QUEUE_SIZE, 8192, since a closed run may give thousands at once */
  readonly maxQueueSize?: number;
  /** Most spans of one export. @default OTEL_BSP_MAX_EXPORT_BATCH_SIZE, 512 */
  readonly maxExportBatchSize?: number;
  /** Told at most once an hour that spans are dropped. @default process.emitWarning */
  readonly onWarning?: WarningLogger;
  /** @default process.env */
  readonly environment?: Environment;
}

/** Checked options, with the environment's and the defaults. */
export interface BatchSettings {
  readonly delay: number;
  readonly queueSize: number;
  /** Never more than the queue holds. */
  readonly batchSize: number;
}

/**
 * Puts options, environment and defaults together
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor). A number that makes
 * no sense is told of by `warn`, and the default used.
 */
export function batchSettings(options: BatchOptions, warn: WarningLogger): BatchSettings {
  const environment = options.environment ?? process.env;
  const number = (
    option: Exclude<keyof BatchOptions, "onWarning" | "environment">,
    variable: string,
    usual: number,
    least: number,
  ): number => {
    const given = options[option] ?? (environment[variable]?.trim() || usual);
    const value = Math.floor(Number(given));
    if (value >= least) return value;
    warn(
      `durascope: the batches of spans need a number from ${least} on, so ${usual} is used. Correct the option ${option} or ${variable}.`,
    );
    return usual;
  };
  const delay = number("scheduledDelayMillis", "OTEL_BSP_SCHEDULE_DELAY", 1000, 0);
  const queueSize = number("maxQueueSize", "OTEL_BSP_MAX_QUEUE_SIZE", 8192, 1);
  const batchSize = number("maxExportBatchSize", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512, 1);
  return {
    delay: Math.min(LONGEST_TIMER_MS, delay),
    queueSize,
    batchSize: Math.min(batchSize, queueSize),
  };
}
