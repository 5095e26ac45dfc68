import { DurascopeError } from "../core/errors.ts";
import type { SpanProcessor } from "../correlation/readable-span.ts";

/** Options of {@link otlpHttpProcessor}; what is left out comes from `OTEL_EXPORTER_OTLP_*`, as OpenTelemetry specifies. */
export interface OtlpHttpOptions {
  /** Where spans are posted. @default OTEL_EXPORTER_OTLP_(TRACES_)ENDPOINT, http://localhost:4318/v1/traces */
  readonly url?: string;
  /** Headers of each request, such as an API key. Never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long one request may take, in milliseconds. @default 10000 */
  readonly timeoutMillis?: number;
  /** Longest time that a span waits for others, in milliseconds. @default 1000, so that a step is seen while its run goes on */
  readonly scheduledDelayMillis?: number;
  /** Most spans that wait; what comes on top is dropped. @default 8192, since a closed run may give thousands at once */
  readonly maxQueueSize?: number;
}

const PACKAGES = "@opentelemetry/sdk-trace @opentelemetry/exporter-trace-otlp-http";

/**
 * OpenTelemetry's own batch processor and OTLP/HTTP exporter with defaults for workflows; give it as `spanProcessor`.
 * Rejects with a `DurascopeError` (`OTLP_EXPORTER_MISSING`) when the two packages, optional peers, are not installed.
 */
export async function otlpHttpProcessor(options: OtlpHttpOptions = {}): Promise<SpanProcessor> {
  const { url, headers, timeoutMillis, scheduledDelayMillis = 1000, maxQueueSize = 8192 } = options;
  const [{ BatchSpanProcessor }, { OTLPTraceExporter }] = await load();
  const exporter = new OTLPTraceExporter({
    ...(url !== undefined && { url }),
    ...(headers !== undefined && { headers: { ...headers } }),
    ...(timeoutMillis !== undefined && { timeoutMillis }),
  });
  return new BatchSpanProcessor({ exporter, scheduledDelayMillis, maxQueueSize });
}

async function load(): Promise<
  [
    typeof import("@opentelemetry/sdk-trace"),
    typeof import("@opentelemetry/exporter-trace-otlp-http"),
  ]
> {
  try {
    return await Promise.all([
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-http"),
    ]);
  } catch (error) {
    throw new DurascopeError(
      "OTLP_EXPORTER_MISSING",
      `OpenTelemetry's OTLP/HTTP exporter is not installed, so spans cannot be sent. Run: npm install ${PACKAGES}`,
      { cause: error },
    );
  }
}
