import { type FailureMessages, failureText } from "../../core/failure-text.ts";
import { property } from "../../host/property.ts";

/** Fields of a finished span that are handed on as they are, by their names in SDK 1 and in SDK 2 and 3. */
const FIELDS = [
  "parentSpanContext",
  "parentSpanId",
  "startTime",
  "endTime",
  "links",
  "duration",
  "ended",
  "resource",
  "instrumentationScope",
  "instrumentationLibrary",
  "droppedAttributesCount",
  "droppedEventsCount",
  "droppedLinksCount",
] as const;

/**
 * A copy of a finished span without its name, kind and attributes: with the names of SDK 1 and of SDK 2 and 3, so that
 * either's exporter reads it, without stack traces, and with messages of failures as they may be recorded. Its fields are
 * copied one by one, since on the SDK's own spans some are getters.
 */
export function officialCopy(
  span: object,
  rule: FailureMessages | undefined,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const value = property(span, field);
    if (value !== undefined) copy[field] = value;
  }
  addParent(copy, span);
  copy["instrumentationScope"] ??= copy["instrumentationLibrary"];
  copy["instrumentationLibrary"] ??= copy["instrumentationScope"];
  copy["events"] = eventsOf(span, rule);
  copy["status"] = statusOf(span, rule);
  return copy;
}

function addParent(copy: Record<string, unknown>, span: object): void {
  const spanContext = property(span, "spanContext");
  if (typeof spanContext !== "function") return;
  const context: unknown = Reflect.apply(spanContext, span, []);
  copy["spanContext"] = () => context;
  const parentSpanId = copy["parentSpanId"] ?? property(copy["parentSpanContext"], "spanId");
  if (parentSpanId === undefined) return;
  copy["parentSpanId"] = parentSpanId;
  copy["parentSpanContext"] ??= {
    traceId: property(context, "traceId"),
    spanId: parentSpanId,
    traceFlags: property(context, "traceFlags"),
  };
}

function eventsOf(span: object, rule: FailureMessages | undefined): unknown[] {
  const events = property(span, "events");
  return Array.isArray(events) ? events.map((event: unknown) => cleanEvent(event, rule)) : [];
}

function cleanEvent(event: unknown, rule: FailureMessages | undefined): unknown {
  if (property(event, "name") !== "exception") return event;
  const attributes: Record<string, unknown> = { ...Object(property(event, "attributes")) };
  const text = failureText(attributes["exception.message"], rule);
  delete attributes["exception.stacktrace"];
  delete attributes["exception.message"];
  if (text !== undefined) attributes["exception.message"] = text;
  return { ...Object(event), attributes };
}

function statusOf(span: object, rule: FailureMessages | undefined): object {
  const status = property(span, "status");
  const message = failureText(property(status, "message"), rule);
  return { code: property(status, "code") ?? 0, ...(message !== undefined && { message }) };
}
