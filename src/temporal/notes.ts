import type { LogEvent } from "../projection/log-events.ts";
import type { Measurement } from "../projection/measurements.ts";

/** What is told beside spans: values for the metrics, log lines. */
export interface Notes {
  readonly measurements: readonly Measurement[];
  readonly events: readonly LogEvent[];
}

/** Which notes anything would take now; others need not be made. */
export interface WantedNotes {
  /** A MeterProvider is there. */
  readonly measurements: boolean;
  /** A LoggerProvider is there, and log events are not turned off. */
  readonly events: boolean;
}

/** What makes a measurement the same as another one of its run. */
export function measurementIdentity({ instrument, key }: Measurement): string {
  return `${instrument} ${key}`;
}

/** What makes a log event the same as another one of its run. */
export function eventIdentity({ name, key }: LogEvent): string {
  return `${name} ${key}`;
}
