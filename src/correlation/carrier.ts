/** Ids of a span in another process, as they came along with a message. */
export interface RemoteSpan {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** `version-traceid-parentid-flags`; a version above 00 may append more fields. */
const TRACEPARENT =
  /^(?<version>[\da-f]{2})-(?<traceId>[\da-f]{32})-(?<spanId>[\da-f]{16})-(?<flags>[\da-f]{2})(?<rest>-.*)?$/;

/** `Root=1-<8 hex of the start's epoch seconds>-<24 hex>`, `Parent=<16 hex>`, `Sampled=0|1|?`, in any order. */
const XRAY_ROOT = /\bRoot=1-([\da-f]{8})-([\da-f]{24})\b/i;
const XRAY_PARENT = /\bParent=([\da-f]{16})\b/i;
const XRAY_SAMPLED = /\bSampled=1\b/i;

/** Longest header that is read, in characters. */
const LONGEST_HEADER = 512;

/**
 * Reads a `traceparent` header strictly by https://www.w3.org/TR/trace-context/#traceparent-header: lower case,
 * no ids of zeros, version `ff` refused, later versions read by their first four fields. Undefined when it is none.
 */
export function parseTraceparent(header: unknown): RemoteSpan | undefined {
  if (typeof header !== "string" || header.length > LONGEST_HEADER) return undefined;
  const groups = TRACEPARENT.exec(header)?.groups;
  if (groups === undefined) return undefined;
  const { version, traceId = "", spanId = "", flags = "", rest } = groups;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (isZero(traceId) || isZero(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** A `traceparent` header of version 00. */
export function formatTraceparent(span: RemoteSpan): string {
  return `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`;
}

/**
 * Reads AWS's `X-Amzn-Trace-Id` header, `_X_AMZN_TRACE_ID` or an SQS message's `AWSTraceHeader`
 * (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader). Undefined when it
 * has no valid root and parent.
 */
export function parseXRayHeader(header: unknown): RemoteSpan | undefined {
  if (typeof header !== "string" || header.length > LONGEST_HEADER) return undefined;
  const [, epoch = "", rest = ""] = XRAY_ROOT.exec(header) ?? [];
  const [, parent = ""] = XRAY_PARENT.exec(header) ?? [];
  const traceId = `${epoch}${rest}`.toLowerCase();
  const spanId = parent.toLowerCase();
  if (isZero(traceId) || isZero(spanId)) return undefined;
  return { traceId, spanId, sampled: XRAY_SAMPLED.test(header) };
}

/** Also true of no digits at all. */
function isZero(hex: string): boolean {
  return /^0*$/.test(hex);
}
