import type { ReadableSpan } from "../../host/readable-span.ts";
import { type ExportedSpan, fromReadableSpan } from "./exported-span.ts";
import type { SpanGroup } from "./otlp-json.ts";

/** Spans by the resource and the instrumentation that they come from, in the order in which those first appear. */
export function spanGroups(spans: readonly ReadableSpan[]): SpanGroup[] {
  const groups = new Map<ReadableSpan["resource"], Map<string, ExportedSpan[]>>();
  for (const readable of spans) {
    const scopes = groups.get(readable.resource) ?? new Map<string, ExportedSpan[]>();
    groups.set(readable.resource, scopes);
    const span = fromReadableSpan(readable);
    const key = `${span.scope.name}@${span.scope.version ?? ""}`;
    const known = scopes.get(key);
    if (known === undefined) scopes.set(key, [span]);
    else known.push(span);
  }
  return [...groups.values()].flatMap((scopes) =>
    [...scopes.values()].flatMap((group) => {
      const [first] = group;
      return first === undefined
        ? []
        : [{ resource: first.resource, scope: first.scope, spans: group }];
    }),
  );
}
