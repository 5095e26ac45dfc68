import { runIds } from "../core/ids.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { formatTraceparent } from "../correlation/carrier.ts";
import type { SpanIds } from "../correlation/log-fields.ts";
import { nodeSha256 } from "../correlation/node-sha256.ts";
import { activeSpanContext } from "../correlation/opentelemetry-global.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { jsonPayload } from "./workflow/proto-value.ts";
import { TRACE_HEADER } from "./workflow/trace-header.ts";

interface WithHeaders {
  readonly headers: Readonly<Record<string, unknown>>;
}

interface StartInput extends WithHeaders {
  readonly workflowType: string;
  readonly options: { readonly workflowId?: string };
}

/** The span that a call is made in. */
interface Caller extends SpanIds {
  /** 1 when it is sampled, as it is taken to be when nobody says. */
  readonly traceFlags?: number;
}

type Next<Input, Output> = (input: Input) => Promise<Output>;

/** The client interceptor: `start` spans, and the caller's and the signaller's span in the headers. */
export interface ClientInterceptor {
  startWithDetails<I extends StartInput, O extends { readonly runId: string }>(
    input: I,
    next: Next<I, O>,
  ): Promise<O>;
  signalWithStart<I extends StartInput>(input: I, next: Next<I, string>): Promise<string>;
  signal<I extends WithHeaders>(input: I, next: Next<I, void>): Promise<void>;
  startUpdate<I extends WithHeaders, O>(input: I, next: Next<I, O>): Promise<O>;
}

/**
 * Makes the client interceptor; without an active span it only emits the `start` span, as a child of the run.
 *
 * @param caller gives the span that a call is made in. @default OpenTelemetry's active span
 */
export function clientInterceptor(
  namespace: () => string,
  emit: (spans: readonly SpanRecord[]) => void,
  now: () => number = Date.now,
  caller: () => Caller | undefined = activeSpanContext,
): ClientInterceptor {
  async function started<Input extends StartInput, Output>(
    input: Input,
    runIdOf: (output: Output) => string,
    next: Next<Input, Output>,
  ): Promise<Output> {
    const began = now();
    const span = caller();
    const output = await next(withCaller(input, span));
    guarded(() => emit([startSpan(input, runIdOf(output), namespace(), began, now(), span)]));
    return output;
  }
  return {
    startWithDetails: (input, next) => started(input, (output) => output.runId, next),
    signalWithStart: (input, next) => started(input, (runId) => runId, next),
    signal: (input, next) => next(withCaller(input, caller())),
    startUpdate: (input, next) => next(withCaller(input, caller())),
  };
}

/** The input with the active span in its headers; as it is when there is none, or the headers carry one already. */
function withCaller<Input extends WithHeaders>(input: Input, caller: Caller | undefined): Input {
  if (caller === undefined || Object.hasOwn(input.headers, TRACE_HEADER)) return input;
  const carrier = {
    traceparent: formatTraceparent({
      traceId: caller.traceId,
      spanId: caller.spanId,
      sampled: ((caller.traceFlags ?? 1) & 1) === 1,
    }),
  };
  return { ...input, headers: { ...input.headers, [TRACE_HEADER]: jsonPayload(carrier) } };
}

function startSpan(
  input: StartInput,
  runId: string,
  namespace: string,
  began: number,
  ended: number,
  caller: Caller | undefined,
): SpanRecord {
  const ids = runIds("temporal", runId, nodeSha256);
  const run = {
    traceId: ids.traceId,
    spanId: ids.span("run"),
    attributes: { "link.relation": "child" },
  };
  return {
    traceId: caller?.traceId ?? ids.traceId,
    spanId: ids.span("start"),
    parentSpanId: caller?.spanId ?? ids.span("run"),
    name: `start ${input.workflowType}`,
    kind: "PRODUCER",
    startTime: began,
    endTime: ended,
    attributes: {
      [VOCABULARY.engine.key]: "temporal",
      [VOCABULARY.id.key]: input.options.workflowId ?? "",
      [VOCABULARY.runId.key]: runId,
      [VOCABULARY.type.key]: input.workflowType,
      [VOCABULARY.namespace.key]: namespace,
      temporalWorkflowID: input.options.workflowId ?? "",
      temporalRunID: runId,
    },
    status: { code: "UNSET" },
    links: caller === undefined ? [] : [run],
    events: [],
    role: "marker",
    seq: 0,
  };
}

function guarded(observe: () => void): void {
  try {
    observe();
  } catch {
    // The run has started, whatever becomes of its span.
  }
}
