export {
  type ExportedSpan,
  type FinishedSpan,
  fromReadableSpan,
  type ReadableSpan,
  type SpanProcessor,
  toReadableSpan,
} from "./readable-span.ts";
export type { SpanProcessorOptions, WarningLogger } from "./span-processor.ts";
export {
  type FlushOutcome,
  type SpanCounts,
  type SpanSink,
  type SpanSinkOptions,
  spanSink,
} from "./span-sink.ts";
export { defaultTraceSink, type SpanTraceSink, type TraceSinkOptions } from "./trace-sink.ts";
