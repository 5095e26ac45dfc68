import type { AttributeValue } from "../projection/span-record.ts";

/** Value of an attribute in OTLP, as far as spans and log lines hold any: a scalar or a list of scalars. */
export type OtlpValue = AttributeValue | readonly AttributeValue[];

/** Flat attributes of a span, a log line or a resource. */
export type OtlpAttributes = Readonly<Record<string, OtlpValue>>;

/** A finished span as OTLP tells it; a `SpanRecord` is one, and so is what a backend gives back. */
export interface OtlpSpan {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** 16 hex digits; absent on a root. */
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: "INTERNAL" | "SERVER" | "CLIENT" | "PRODUCER" | "CONSUMER";
  /** Milliseconds since the epoch, with a fraction down to microseconds. */
  readonly startTime: number;
  readonly endTime: number;
  readonly attributes: OtlpAttributes;
  readonly status: { readonly code: "UNSET" | "OK" | "ERROR"; readonly message?: string };
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
