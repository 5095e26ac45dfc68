import { runIds } from "../core/ids.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { formatTraceparent } from "../correlation/carrier.ts";
import type { SpanIds } from "../correlation/span-ids.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import { activeSpanContext } from "../host/opentelemetry-global.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { newestIds } from "./newest-ids.ts";
import { jsonPayload } from "./workflow/proto-value.ts";
import { TRACE_HEADER } from "./workflow/trace-header.ts";

type Headers = Readonly<Record<string, unknown>>;

interface WithHeaders {
  readonly headers: Headers;
}

interface StartInput extends WithHeaders {
  readonly workflowType: string;
  readonly options: { readonly workflowId?: string };
}

interface UpdateWithStartInput {
  readonly workflowType: string;
  readonly workflowStartOptions: { readonly workflowId?: string };
  readonly workflowStartHeaders: Headers;
  readonly updateHeaders: Headers;
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
  startUpdateWithStart<
    I extends UpdateWithStartInput,
    O extends { readonly workflowExecution: { readonly runId?: string } },
  >(input: I, next: Next<I, O>): Promise<O>;
}

/** Most runs that are remembered as told of. */
const MOST_STARTED = 10_000;

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
  // A call that signals or updates a run that is there already gives its run id, too: a run is told to have started once.
  const known = newestIds(MOST_STARTED);

  async function started<Output>(
    run: Omit<StartInput, "headers">,
    runIdOf: (output: Output) => string | undefined,
    start: (span: Caller | undefined) => Promise<Output>,
  ): Promise<Output> {
    const began = now();
    const span = caller();
    const output = await start(span);
    guarded(() => {
      const runId = runIdOf(output);
      if (runId === undefined || !known.claim(runId)) return;
      emit([startSpan(run, runId, namespace(), began, now(), span)]);
    });
    return output;
  }
  return {
    startWithDetails: (input, next) =>
      started(
        input,
        ({ runId }) => runId,
        (span) => next(withCaller(input, span)),
      ),
    signalWithStart: (input, next) =>
      started(
        input,
        (runId) => runId,
        (span) => next(withCaller(input, span)),
      ),
    startUpdateWithStart: (input, next) =>
      started(
        { workflowType: input.workflowType, options: input.workflowStartOptions },
        ({ workflowExecution }) => workflowExecution.runId,
        (span) =>
          next({
            ...input,
            workflowStartHeaders: headersWith(input.workflowStartHeaders, span),
            updateHeaders: headersWith(input.updateHeaders, span),
          }),
      ),
    signal: (input, next) => next(withCaller(input, caller())),
    startUpdate: (input, next) => next(withCaller(input, caller())),
  };
}

/** The input with the active span in its headers; as it is when there is none, or the headers carry one already. */
function withCaller<Input extends WithHeaders>(input: Input, caller: Caller | undefined): Input {
  const headers = headersWith(input.headers, caller);
  return headers === input.headers ? input : { ...input, headers };
}

function headersWith(headers: Headers, caller: Caller | undefined): Headers {
  if (caller === undefined || Object.hasOwn(headers, TRACE_HEADER)) return headers;
  const carrier = {
    traceparent: formatTraceparent({
      traceId: caller.traceId,
      spanId: caller.spanId,
      sampled: ((caller.traceFlags ?? 1) & 1) === 1,
    }),
  };
  return { ...headers, [TRACE_HEADER]: jsonPayload(carrier) };
}

function startSpan(
  input: Omit<StartInput, "headers">,
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
