import { type ReadableSpan, toReadableSpan } from "../../src/host/readable-span.ts";
import { resourceOf } from "../../src/host/resource.ts";
import { spanRecord } from "./span-record.ts";

const resource = resourceOf({ "service.name": "orders" });

/** A finished span of that name, as a span processor gets it. */
export function readableSpan(
  name: string,
  over: Parameters<typeof spanRecord>[0] = {},
): ReadableSpan {
  return toReadableSpan(spanRecord({ name, ...over }), resource);
}

/** Finished spans `<prefix>0`, `<prefix>1`, ... */
export function readableSpans(prefix: string, count: number): ReadableSpan[] {
  return Array.from({ length: count }, (_, i) => readableSpan(`${prefix}${i}`));
}
