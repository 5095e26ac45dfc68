import type { TraceOptions } from "../core/trace-options.ts";
import { activeIdentity } from "../correlation/active-identity.ts";
import { runWithDatadogSpan } from "../correlation/datadog-span.ts";
import {
  activeDatadogSpan,
  checkTracer,
  type DatadogTracer,
  datadogLogIds,
} from "../correlation/datadog-tracer.ts";
import type { SpanIds } from "../correlation/span-ids.ts";
import { activeSpanContext } from "../host/opentelemetry-global.ts";
import { apiVersionTrouble } from "../telemetry/api-version.ts";
import { endingOf } from "./attempt-ending.ts";
import { runningCancelReason } from "./running-activity.ts";

/** What the plugin does where `dd-trace` is the tracer; without a tracer it does nothing and only hands on. */
export interface DatadogSide {
  /** Runs an activity, whose identity is active, so that `dd-trace` knows its step; what it gives or throws passes unchanged. */
  around<Value>(execute: () => Promise<Value>): Promise<Value>;
  /** Ids of `dd-trace`'s active span for a log line; none when there is none. Never throws. */
  logIds(): Readonly<Record<string, string>>;
  /** The span that a client's call is made in: `dd-trace`'s, else OpenTelemetry's, else the step's own. Never throws. */
  caller(): SpanIds | undefined;
  /** Called where a worker is started: a span that is active there is around the worker, and no activity's. */
  workerStarts(): void;
}

/**
 * The side of `dd-trace`, for the plugin. Throws a `DurascopeError` (`DATADOG_TRACER`) for an option `ddTracer` that is no
 * tracer.
 *
 * @param warnOnce takes a kind of trouble and a sentence about it
 */
export function datadogSide(
  options: TraceOptions & { readonly ddTracer?: DatadogTracer },
  warnOnce: (kind: string, message: string) => void,
): DatadogSide {
  const { ddTracer } = options;
  if (ddTracer === undefined) return NONE;
  checkTracer(ddTracer);
  const surrounding = new WeakSet<object>();
  const spanOptions = {
    endingOf: (error: unknown) => endingOf(error, options, runningCancelReason()),
    surrounding,
    onTrouble: (message: string) => warnOnce("datadog_not_joined", `durascope: ${message}`),
  };
  return {
    around(execute) {
      const identity = activeIdentity();
      return identity === undefined
        ? execute()
        : runWithDatadogSpan(ddTracer, identity, execute, spanOptions);
    },
    logIds: () => datadogLogIds(ddTracer) ?? {},
    caller: () => activeDatadogSpan(ddTracer) ?? callerSpan(),
    workerStarts() {
      const trouble = apiVersionTrouble();
      if (trouble !== undefined) warnOnce("api_version", `durascope: ${trouble}`);
      try {
        const active = ddTracer.scope().active();
        if (active !== null) surrounding.add(active);
      } catch {
        // A worker starts, whatever dd-trace says.
      }
    },
  };
}

/** OpenTelemetry's active span; without a context manager, and so without one, the try of the step that the code runs for. */
function callerSpan(): SpanIds | undefined {
  return activeSpanContext() ?? activeIdentity();
}

const NONE: DatadogSide = {
  around: (execute) => execute(),
  logIds: () => ({}),
  caller: callerSpan,
  workerStarts: () => undefined,
};
