/** Value of a span's attribute. */
export type AttributeValue = string | number | boolean;

/** Flat attributes of a span. */
export type SpanAttributes = Readonly<Record<string, AttributeValue>>;

/** A pointer to another span; ids are hex, 32 and 16 digits. */
export interface SpanRecordLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: SpanAttributes;
}

/** Something that happened at one moment of a span. */
export interface SpanRecordEvent {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly attributes: SpanAttributes;
}

/** A finished span as plain data, with ids that are derived and never drawn. */
export interface SpanRecord {
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
  readonly attributes: SpanAttributes;
  readonly status: { readonly code: "UNSET" | "OK" | "ERROR"; readonly message?: string };
  readonly links: readonly SpanRecordLink[];
  readonly events: readonly SpanRecordEvent[];
  /** What the span tells of: `attempt` spans may be another process's to export. */
  readonly role: "run" | "step" | "wait" | "attempt" | "marker";
  /** Event of the source that made the span final: spans with a greater one are new since. */
  readonly seq: number;
}
