import { activeSpanContext } from "../host/opentelemetry-global.ts";
import { type ActiveIdentity, activeIdentity } from "./active-identity.ts";
import { activeDatadogSpan, checkTracer, type DatadogTracer } from "./datadog-tracer.ts";
import { type LogFieldOptions, type LogFields, logFields, setSpanFields } from "./log-fields.ts";
import type { SpanIds } from "./span-ids.ts";

/** What {@link workflowMixin} gives to pino's option `mixin`. */
export type WorkflowMixin = (mergeObject?: object, level?: number, logger?: unknown) => LogFields;

/** The part of a pino logger that {@link childLogger} needs. */
export interface ChildMaker<Child> {
  child(bindings: LogFields): Child;
}

/** Identity that a logger made by {@link childLogger} already carries; its own children inherit it. */
const BOUND = Symbol.for("durascope.bound-identity");

/**
 * A function for pino's option `mixin`: every line that is written for a step carries the step's ids, and the trace
 * and span id of the span that is active, a span of the application's own where one of the same trace is. Lines
 * outside of a step get nothing. A field that the caller gives wins, as pino's own merging has it.
 *
 * ```ts
 * const logger = pino({ mixin: workflowMixin() });
 * ```
 *
 * @throws DurascopeError `DATADOG_TRACER` for an option `ddTracer` that is no tracer of `dd-trace`
 */
export function workflowMixin(options: LogFieldOptions = {}): WorkflowMixin {
  const { ddTracer } = options;
  if (ddTracer !== undefined) checkTracer(ddTracer);
  // The fields of a step are made once: a step writes many lines.
  const known = new WeakMap<ActiveIdentity, LogFields>();
  return (_mergeObject, _level, logger) => {
    const identity = activeIdentity();
    if (identity === undefined || isBoundTo(logger, identity)) return {};
    let fields = known.get(identity);
    if (fields === undefined) {
      fields = logFields(identity, ddTracer === undefined ? options : {});
      known.set(identity, fields);
    }
    // A copy: pino writes the caller's fields into what a mixin returns.
    const line = { ...fields };
    const span = activeSpanOf(identity, ddTracer);
    // What dd-trace's active span is changes within a step, so its ids are asked for at every line.
    if (ddTracer !== undefined) setSpanFields(line, span ?? identity, options);
    else if (span !== undefined) setSpanFields(line, span, options);
    for (const name of boundNames(logger)) delete line[name];
    return line;
  };
}

/** The span of the application's own that is active inside of a step; one of another trace is not. */
function activeSpanOf(identity: ActiveIdentity, ddTracer?: DatadogTracer): SpanIds | undefined {
  const span = (ddTracer && activeDatadogSpan(ddTracer)) ?? activeSpanContext();
  const inside = span?.traceId === identity.traceId && span.spanId !== identity.spanId;
  return inside ? span : undefined;
}

/**
 * A child of a logger, bound to the ids of a step: made once for an activity or an invocation, it is cheaper a line
 * than {@link workflowMixin}, and carries the span id of the step's attempt. Outside of a step it is the logger itself.
 */
export function childLogger<Logger extends ChildMaker<Logger>>(
  logger: Logger,
  identity: ActiveIdentity | undefined = activeIdentity(),
  options: LogFieldOptions = {},
): Logger {
  if (identity === undefined) return logger;
  const child = logger.child(logFields(identity, options));
  Object.defineProperty(child, BOUND, { value: identity });
  return child;
}

const NONE: readonly string[] = [];
const boundNamesOf = new WeakMap<object, readonly string[]>();

/**
 * Names of ours that a logger is bound to: pino writes bindings before what a mixin gives, and a name that stood twice in a line
 * would be read as the mixin's. Asked once a logger, since pino parses its bindings to tell them; `setBindings` after the
 * first line is not seen.
 */
function boundNames(logger: unknown): readonly string[] {
  if (typeof logger !== "object" || logger === null) return NONE;
  const known = boundNamesOf.get(logger);
  if (known !== undefined) return known;
  let names = NONE;
  try {
    const bindings: unknown = Reflect.get(logger, "bindings");
    if (typeof bindings === "function") {
      names = Object.keys(Object(Reflect.apply(bindings, logger, []))).filter(isOurs);
    }
  } catch {
    // Bindings that are no JSON, by a serializer of the application's.
  }
  boundNamesOf.set(logger, names);
  return names;
}

/** Whether a name is one that {@link logFields} gives. */
function isOurs(name: string): boolean {
  return /^(?:workflow\.|trace_|span_id$|dd\.)/.test(name);
}

function isBoundTo(logger: unknown, identity: ActiveIdentity): boolean {
  return typeof logger === "object" && logger !== null && Reflect.get(logger, BOUND) === identity;
}
