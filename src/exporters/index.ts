export { prometheusViews, type RenamingView } from "../core/instruments.ts";
export type { LoggerProvider, MeterProvider } from "../telemetry/application-providers.ts";
export { batchProcessor, type CountingProcessor } from "../telemetry/batch-processor.ts";
export type { BatchOptions } from "../telemetry/batch-settings.ts";
export type { ExportCounts } from "../telemetry/export-counts.ts";
export type { ExportedSpan } from "../telemetry/otlp/exported-span.ts";
export {
  encodeLogs,
  encodeSpans,
  type LogGroup,
  type SpanGroup,
} from "../telemetry/otlp/otlp-json.ts";
export type {
  OtlpAttributes,
  OtlpLog,
  OtlpOrigin,
  OtlpSpan,
  OtlpValue,
} from "../telemetry/otlp/otlp-model.ts";
export type { OtlpHttpOptions, OtlpProtocol } from "../telemetry/otlp/otlp-settings.ts";
export {
  type CountingExporter,
  type OtlpExporterOptions,
  otlpSpanExporter,
} from "../telemetry/otlp-exporter.ts";
export type { ExportResult, SpanExporter } from "../telemetry/span-exporter.ts";
export type { SpoolOptions } from "../telemetry/spool/open-spool.ts";
export type { RotationOptions } from "./appended-file.ts";
export { type ConsoleTreeOptions, consoleTreeExporter } from "./console-exporter.ts";
export {
  type DatadogExporterOptions,
  type DatadogProcessorOptions,
  datadogExporter,
  datadogProcessor,
} from "./datadog.ts";
export { fileSpanExporter, fileSpanProcessor } from "./file-exporter.ts";
export { type MemoryExporter, memoryExporter } from "./memory-exporter.ts";
export { type OtlpFile, type OtlpFileOptions, openOtlpFile } from "./otlp-file.ts";
export { type OtlpHttpProcessorOptions, otlpHttpProcessor } from "./otlp-http.ts";
export {
  type OtlpProvider,
  type OtlpProviderOptions,
  otlpLoggerProvider,
  otlpMeterProvider,
} from "./otlp-providers.ts";
export {
  type PinoFileStream,
  type PinoFileStreamOptions,
  pinoFileStream,
} from "./pino-file-stream.ts";
export {
  type PrometheusEndpoint,
  type PrometheusEndpointOptions,
  prometheusEndpoint,
} from "./prometheus-endpoint.ts";
