import type { LookupBackend, LookupQuery } from "../../src/lookup/backend.ts";
import { matchOf } from "../../src/lookup/match-id.ts";
import type { RecordedLog, RecordedSpan } from "../../src/lookup/recorded-run.ts";

/** A backend that holds what it is given, and remembers what it was asked. */
export interface MemoryBackend extends LookupBackend {
  readonly spans: RecordedSpan[];
  readonly logs: RecordedLog[];
  /** Every search by its id, every fetch by its trace ids, in order. */
  readonly asked: (string | readonly string[])[];
}

/** A backend in memory; its answers may be replaced. */
export function memoryBackend(overrides: Partial<LookupBackend> = {}): MemoryBackend {
  const spans: RecordedSpan[] = [];
  const logs: RecordedLog[] = [];
  const asked: (string | readonly string[])[] = [];
  return {
    name: "memory",
    spans,
    logs,
    asked,
    search(query: LookupQuery) {
      asked.push(query.id);
      const found = [...spans, ...logs].filter(
        ({ attributes }) => matchOf(attributes, query.id) !== undefined,
      );
      const traceIds = [...new Set(found.flatMap(({ traceId }) => traceId ?? []))];
      return Promise.resolve({ traceIds, notes: [] });
    },
    fetch(traceIds) {
      asked.push(traceIds);
      const isAsked = ({ traceId }: { readonly traceId?: string }): boolean =>
        traceId !== undefined && traceIds.includes(traceId);
      return Promise.resolve({
        spans: spans.filter(isAsked),
        logs: logs.filter(isAsked),
        notes: [],
      });
    },
    queryToPaste: ({ id }) => `id = ${JSON.stringify(id)}`,
    links: ({ traceId }) => [{ title: "Memory: trace", url: `https://memory.test/${traceId}` }],
    ...overrides,
  };
}
