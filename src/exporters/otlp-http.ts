import { batchProcessor, type CountingProcessor } from "../telemetry/batch-processor.ts";
import type { BatchOptions } from "../telemetry/batch-settings.ts";
import { type OtlpExporterOptions, otlpSpanExporter } from "../telemetry/otlp-exporter.ts";

/** Options of {@link otlpHttpProcessor}; what is left out comes from `OTEL_EXPORTER_OTLP_*`, as OpenTelemetry specifies. */
export interface OtlpHttpProcessorOptions extends OtlpExporterOptions, BatchOptions {}

/**
 * A span processor that sends spans over OTLP/HTTP, for processes without an OpenTelemetry SDK: give it as `spanProcessor`
 * to a plugin or a poller. Rejects as `otlpSpanExporter` does.
 *
 * ```ts
 * const spanProcessor = await otlpHttpProcessor({ spool: "/var/lib/durascope/spool" });
 * ```
 */
export async function otlpHttpProcessor(
  options: OtlpHttpProcessorOptions = {},
): Promise<CountingProcessor> {
  return batchProcessor(await otlpSpanExporter(options), options);
}
