import { type Environment, isDisabled } from "../host/disabled.ts";
import { INSTRUMENTATION_SCOPE } from "../host/instrumentation-scope.ts";
import { contextOf } from "../host/opentelemetry-global.ts";
import { hrTime } from "../host/readable-span.ts";
import type { LogEvent } from "../projection/log-events.ts";
import { globalLoggerProvider, type LoggerProvider } from "./application-providers.ts";

/** How a {@link WorkflowLogger} finds where log records go. */
export interface LoggerOptions {
  /** Takes the log records. @default the application's global LoggerProvider, as soon as there is one */
  readonly loggerProvider?: LoggerProvider;
  /** Whether log events are told at all. @default true */
  readonly logEvents?: boolean;
  /** @default process.env */
  readonly environment?: Environment;
}

/** Hands log events to the application's OpenTelemetry logs. Nothing that it does is thrown into the caller. */
export interface WorkflowLogger {
  /** Whether anything would take an event now: those that nothing takes need not be made. */
  enabled(): boolean;
  emit(events: readonly LogEvent[]): void;
}

/** OpenTelemetry's numbers of severities (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber). */
const SEVERITY: Readonly<Record<LogEvent["severity"], number>> = { INFO: 9, WARN: 13, ERROR: 17 };

/**
 * Makes a logger over the application's LoggerProvider, which may be registered later than this is made. Without one
 * it does nothing: the lines that the application itself writes are its own logger's.
 */
export function workflowLogger(options: LoggerOptions = {}): WorkflowLogger {
  const off = options.logEvents === false || isDisabled(options.environment);
  const provider = (): LoggerProvider | undefined =>
    off ? undefined : (options.loggerProvider ?? globalLoggerProvider());
  return {
    enabled: () => provider() !== undefined,
    emit(events) {
      if (events.length === 0) return;
      try {
        const { name, version } = INSTRUMENTATION_SCOPE;
        const logger = provider()?.getLogger(name, version);
        for (const event of events) {
          logger?.emit({
            eventName: event.name,
            // Not as a number: what lies before the process's own begin, as a history does, is taken by older SDKs (core 2.0)
            // for a time since then.
            timestamp: hrTime(Math.round(event.time * 1000)),
            severityNumber: SEVERITY[event.severity],
            severityText: event.severity,
            body: event.body,
            attributes: { ...event.attributes },
            context: contextOf(event.traceId, event.spanId),
          });
        }
      } catch {
        // A provider that throws costs the lines, never the workflow that they tell of.
      }
    },
  };
}
