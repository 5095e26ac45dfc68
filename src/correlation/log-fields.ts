import type { StepIdentity } from "../core/identity.ts";
import { type IdentityFields, identityFields } from "../core/identity-fields.ts";
import { type DatadogTracer, datadogLogIds } from "./datadog-tracer.ts";
import type { SpanIds } from "./span-ids.ts";

/** Flat fields of a log line, by the vocabulary's names. */
export type LogFields = IdentityFields;

/** What a log line of a step carries besides its own fields. */
export interface LogFieldOptions {
  /** Adds `dd.trace_id` and `dd.span_id`, decimal, the trace id's low 64 bits, as Datadog joins logs by. @default false */
  readonly datadog?: boolean;
  /**
   * The tracer of `dd-trace`, where that is what traces this process: `dd.trace_id` and `dd.span_id` are then those of its
   * active span, as `dd-trace` itself writes them, so that they never contradict what it puts on the line.
   */
  readonly ddTracer?: DatadogTracer;
}

/**
 * The fields by which a log line is found: the workflow's ids under the vocabulary's names, and `trace_id`,
 * `span_id`, `trace_flags` (https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/). What the
 * identity does not know is left out. The object is fresh: the caller may change it.
 */
export function logFields(
  identity: StepIdentity & SpanIds,
  options: LogFieldOptions = {},
): LogFields {
  const fields = identityFields(identity);
  setSpanFields(fields, identity, options);
  return fields;
}

/** Writes the ids of a span into the fields of a log line. */
export function setSpanFields(fields: LogFields, span: SpanIds, options: LogFieldOptions): void {
  fields["trace_id"] = span.traceId;
  fields["span_id"] = span.spanId;
  fields["trace_flags"] = "01";
  const ids = options.ddTracer && datadogLogIds(options.ddTracer);
  if (ids !== undefined) Object.assign(fields, ids);
  else if (options.datadog === true) {
    fields["dd.trace_id"] = BigInt(`0x${span.traceId.slice(16)}`).toString();
    fields["dd.span_id"] = BigInt(`0x${span.spanId}`).toString();
  }
}
