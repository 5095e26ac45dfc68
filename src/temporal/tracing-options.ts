import { DurascopeError } from "../core/errors.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import type { SpanProcessor } from "../correlation/readable-span.ts";

/** What {@link workflowTracing} may be told; nothing needs to be. */
export interface WorkflowTracingOptions extends TraceOptions {
  /**
   * Where spans go.
   * @default the global OpenTelemetry SDK's processor; one of our own when `OTEL_EXPORTER_OTLP_ENDPOINT` is set
   */
  readonly spanProcessor?: SpanProcessor;
  /**
   * How long, in ms, what the last workflow task said is held back when nothing follows: until then a failed task may
   * be told again, and the later telling counts.
   * @default 2000
   */
  readonly settle?: number;
  /** Takes warnings, at most one of a kind. @default process.emitWarning */
  readonly onWarning?: (message: string) => void;
}

const KNOWN: Readonly<Record<keyof WorkflowTracingOptions, true>> = {
  businessKeys: true,
  compensates: true,
  failureMessages: true,
  identities: true,
  onWarning: true,
  settle: true,
  spanProcessor: true,
  waits: true,
};

/** Throws a {@link DurascopeError} that names the first option that is unknown: a misspelt one would do nothing. */
export function checkOptions(options: WorkflowTracingOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new DurascopeError(
      "TRACING_OPTION",
      "workflowTracing takes an object of options, or none",
    );
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(KNOWN, name));
  if (unknown !== undefined) {
    throw new DurascopeError(
      "TRACING_OPTION",
      `workflowTracing has no option "${unknown}"; it has ${Object.keys(KNOWN).join(", ")}`,
    );
  }
}
