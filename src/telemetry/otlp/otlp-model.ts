import type { FinishedSpan } from "../../host/readable-span.ts";
import type { AttributeValue } from "../../projection/span-record.ts";

/** Value of an attribute in OTLP, as far as spans and log lines hold any: a scalar or a list of scalars. */
export type OtlpValue = AttributeValue | readonly AttributeValue[];

/** Flat attributes of a span, a log line or a resource. */
export type OtlpAttributes = Readonly<Record<string, OtlpValue>>;

/** A finished span as OTLP tells it: ours are such, and so is what a backend gives back, with lists among its attributes. */
export interface OtlpSpan extends Omit<FinishedSpan, "attributes" | "links" | "events"> {
  /** W3C `tracestate` of a span that the application made: who counts what a sampler left needs it. */
  readonly traceState?: string;
  readonly attributes: OtlpAttributes;
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: OtlpAttributes;
  }[];
  readonly events: readonly {
    readonly name: string;
    /** Milliseconds since the epoch. */
    readonly time: number;
    readonly attributes: OtlpAttributes;
  }[];
}

/** A log line as OTLP tells it. */
export interface OtlpLog {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** 1 to 24 (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber). */
  readonly severityNumber: number;
  /** The logger's own word: `info`, `error`. */
  readonly severityText: string;
  readonly body: string;
  readonly attributes: OtlpAttributes;
  /** 32 hex digits; absent when the line was written outside any span. */
  readonly traceId?: string;
  /** 16 hex digits. */
  readonly spanId?: string;
}

/** What several spans or log lines share: the process they come from and the library that made them. */
export interface OtlpOrigin {
  /** Attributes of the resource, `service.name` among them. */
  readonly resource: OtlpAttributes;
  /** Instrumentation scope. @default `durascope`, without a version */
  readonly scope?: { readonly name: string; readonly version?: string };
}
