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
