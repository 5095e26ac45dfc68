import { property } from "../../host/property.ts";

/** What a backend says of a batch that it took: how many spans or lines it did not take, and why. */
export interface PartialSuccess {
  readonly rejected: number;
  /** The backend's own words, as they came; empty when it says nothing. */
  readonly message: string;
}

/** The names of OTLP for what was rejected, by signal (opentelemetry/proto/collector). */
const REJECTED = ["rejectedSpans", "rejectedLogRecords", "rejectedDataPoints"] as const;

/**
 * Reads `ExportTraceServiceResponse` and its like, parsed from JSON or protobuf
 * (https://opentelemetry.io/docs/specs/otlp/#partial-success-1). What has no `partialSuccess` was taken whole.
 */
export function partialSuccessOf(response: unknown): PartialSuccess {
  const partial = property(response, "partialSuccess");
  const message = property(partial, "errorMessage");
  const rejected = REJECTED.map((name) => countOf(property(partial, name))).find(
    (count) => count > 0,
  );
  return { rejected: rejected ?? 0, message: typeof message === "string" ? message : "" };
}

/** JSON has 64-bit integers as text, decoders of protobuf have them as numbers. */
function countOf(value: unknown): number {
  const count = typeof value === "string" ? Number(value) : value;
  return Number.isSafeInteger(count) ? Number(count) : 0;
}
