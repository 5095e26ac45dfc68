export type {
  OtlpAttributes,
  OtlpLog,
  OtlpOrigin,
  OtlpSpan,
  OtlpValue,
} from "../telemetry/otlp-model.ts";
export { type ConsoleTreeOptions, consoleTreeExporter } from "./console-exporter.ts";
export { fileSpanExporter, fileSpanProcessor } from "./file-exporter.ts";
export { type OtlpFile, type OtlpFileOptions, openOtlpFile } from "./otlp-file.ts";
export { type OtlpHttpOptions, otlpHttpProcessor } from "./otlp-http.ts";
export { encodeLogs, encodeSpans, type LogGroup, type SpanGroup } from "./otlp-json.ts";
export {
  type PinoFileStream,
  type PinoFileStreamOptions,
  pinoFileStream,
} from "./pino-file-stream.ts";
export type { ExportResult, SpanExporter } from "./span-exporter.ts";
