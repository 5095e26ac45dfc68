import type { ReadableSpan } from "../host/readable-span.ts";

/** How an export ended: code 0 for done, 1 for failed, as OpenTelemetry's SDK has it. */
export interface ExportResult {
  readonly code: 0 | 1;
  readonly error?: Error;
}

/** OpenTelemetry's SpanExporter, structurally: what a batch or simple span processor of SDK 2 and 3 takes. */
export interface SpanExporter {
  /** Takes finished spans; calls back once, never throws. */
  export(spans: readonly ReadableSpan[], resultCallback: (result: ExportResult) => void): void;
  /** Resolves when everything that was given is out. Never rejects. */
  forceFlush(): Promise<void>;
  /** Flushes and closes. Never rejects. */
  shutdown(): Promise<void>;
}
