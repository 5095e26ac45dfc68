import type { SpanProcessor } from "../../src/host/readable-span.ts";
import { type ExportedSpan, fromReadableSpan } from "../../src/telemetry/otlp/exported-span.ts";

/** A span processor that keeps what it is given, with the time (ms since the epoch) at which it came. */
export interface MemoryProcessor extends SpanProcessor {
  spans(): readonly (ExportedSpan & { readonly receivedAt: number })[];
}

/** Makes a {@link MemoryProcessor}. */
export function memoryProcessor(): MemoryProcessor {
  const kept: (ExportedSpan & { readonly receivedAt: number })[] = [];
  return {
    onEnd: (span) => void kept.push({ ...fromReadableSpan(span), receivedAt: Date.now() }),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    spans: () => kept,
  };
}
