import { AsyncLocalStorage } from "node:async_hooks";
import { isPromise } from "node:util/types";
import { failureType } from "../core/failure-text.ts";
import { identityFields } from "../core/identity-fields.ts";
import type { Failure, StepOutcome } from "../core/model.ts";
import type { ActiveIdentity } from "./active-identity.ts";
import { formatTraceparent } from "./carrier.ts";
import type { DatadogSpan, DatadogTracer } from "./datadog-tracer.ts";

/** How a try ended, as its engine tells it. */
export interface StepEnding {
  readonly outcome: StepOutcome;
  readonly failure?: Failure | undefined;
}

/** How {@link runWithDatadogSpan} reads what it is given. */
export interface DatadogSpanOptions {
  /** What a thrown error says. @default failed, with the error's name as its type and without its message */
  readonly endingOf?: (error: unknown) => StepEnding;
  /** Spans of `dd-trace` that are no step's, though steps run inside of them: one around the whole worker. */
  readonly surrounding?: WeakSet<object>;
  /** Takes why `dd-trace`'s span could not be put into the run's trace. */
  readonly onTrouble?: (message: string) => void;
}

/** Operation name of the span that stands for a try of a step in `dd-trace`; its resource is the step's name. */
const DATADOG_OPERATION = "workflow.step";

const NOT_JOINED =
  "dd-trace did not take the run's trace id, so its spans stand in traces of their own (they carry workflow.id all the same). " +
  "Call tracer.init() before the worker starts, and leave datadog or tracecontext in DD_TRACE_PROPAGATION_STYLE_EXTRACT and " +
  "continue as DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT.";

const NOT_TRACING =
  "dd-trace traces nothing, so steps have no spans of its own: call tracer.init() before the worker starts, or, if it is off " +
  "on purpose, say so by DD_TRACE_ENABLED=false.";

/**
 * Runs `run` so that `dd-trace` knows which step it is for. Where a span of `dd-trace` is active already, that span gets
 * the ids as tags and stays the parent of what follows. Where none is, a span `workflow.step` of `dd-trace` is started under
 * the try's own span, in the run's trace, so that what `dd-trace` traces inside has the same trace id as the workflow.
 *
 * The result, or what `run` throws, is passed on unchanged, and a span of ours ends when a promise that it gives does.
 * Whatever fails in `dd-trace`, `run` is called once.
 */
export function runWithDatadogSpan<Value>(
  tracer: DatadogTracer,
  identity: ActiveIdentity,
  run: () => Value,
  options: DatadogSpanOptions = {},
): Value {
  const span = begin(tracer, identity, options);
  if (span === undefined) return run();
  let ended: { readonly value: Value } | { readonly error: unknown } | undefined;
  const once = (): void => {
    // What `run` throws is kept from dd-trace, which would put its message and stack trace on the span.
    try {
      ended = { value: run() };
    } catch (error) {
      ended = { error };
    }
  };
  try {
    tracer.scope().activate(span, once);
  } catch {
    // Told by `ended`: whether `run` was called.
  }
  if (ended === undefined) once();
  if (ended === undefined || "error" in ended) {
    finish(span, options, ended);
    throw ended?.error;
  }
  const { value } = ended;
  if (isPromise(value)) {
    value.then(
      () => finish(span, options, undefined),
      (error: unknown) => finish(span, options, { error }),
    );
  } else finish(span, options, undefined);
  return value;
}

function begin(
  tracer: DatadogTracer,
  identity: ActiveIdentity,
  { surrounding, onTrouble }: DatadogSpanOptions,
): DatadogSpan | undefined {
  try {
    const tags = identityFields(identity);
    const active = tracer.scope().active();
    if (active !== null && surrounding?.has(active) !== true) {
      for (const [key, value] of Object.entries(tags)) active.setTag(key, value);
      return undefined;
    }
    // In a context of its own: `extract` takes the baggage of the context that it runs in for the caller's, and drops it.
    const parent = AsyncLocalStorage.snapshot()(() =>
      tracer.extract("http_headers", headersOf(identity)),
    );
    const span = tracer.startSpan(DATADOG_OPERATION, {
      ...(parent !== null && { childOf: parent }),
      tags: {
        ...tags,
        "resource.name": identity.stepName ?? identity.workflowType ?? identity.engine,
        "span.kind": "consumer",
      },
    });
    const traceId = span.context().toTraceId(true);
    if (/^0*$/.test(traceId)) {
      if (!isSwitchedOff()) tell(onTrouble, NOT_TRACING);
      return undefined;
    }
    if (traceId !== identity.traceId) tell(onTrouble, NOT_JOINED);
    return span;
  } catch {
    return undefined;
  }
}

/** Whether `dd-trace` is off on purpose: then it gives spans with ids of zeros, and that is nobody's mistake. */
function isSwitchedOff(): boolean {
  const setting = process.env["DD_TRACE_ENABLED"] ?? process.env["DD_TRACING_ENABLED"] ?? "";
  return /^(?:false|0)$/i.test(setting);
}

function tell(onTrouble: DatadogSpanOptions["onTrouble"], message: string): void {
  try {
    onTrouble?.(message);
  } catch {
    // A logger that throws must not leave a span open.
  }
}

/** The try's own span as another service would announce it, in both of the forms that `dd-trace` reads by default. */
function headersOf({ traceId, spanId }: ActiveIdentity): Record<string, string> {
  return {
    traceparent: formatTraceparent({ traceId, spanId, sampled: true }),
    "x-datadog-trace-id": BigInt(`0x${traceId.slice(16)}`).toString(),
    "x-datadog-parent-id": BigInt(`0x${spanId}`).toString(),
    "x-datadog-sampling-priority": "1",
    "x-datadog-tags": `_dd.p.tid=${traceId.slice(0, 16)}`,
  };
}

function finish(
  span: DatadogSpan,
  { endingOf = failedByName }: DatadogSpanOptions,
  thrown: { readonly error: unknown } | undefined,
): void {
  try {
    const { outcome, failure }: StepEnding =
      thrown === undefined ? { outcome: "completed" } : endingOf(thrown.error);
    span.setTag("workflow.outcome", outcome);
    if (failure !== undefined && failure.benign !== true) {
      span.setTag("error", true);
      span.setTag("error.type", failure.type);
      if (failure.message !== undefined) span.setTag("error.message", failure.message);
    }
    span.finish();
  } catch {
    // The step's result is not dd-trace's to change.
  }
}

function failedByName(error: unknown): StepEnding {
  const name = error instanceof Error ? error.name : typeof error;
  return { outcome: "failed", failure: { type: failureType(name) } };
}
