import { describe, expect, it } from "vitest";
import type { RunIdentity } from "../../src/core/identity.ts";
import { warningLog } from "../../src/core/result.ts";
import {
  checkGrowth,
  checkLaws,
  neutralTree,
  renderNeutralTree,
  spansOf,
  type WorkflowTrace,
} from "../../src/index.ts";
import {
  createHistoryReader,
  type ReaderState,
  traceFromHistory,
} from "../../src/temporal/history.ts";
import { type CorpusHistory, hasCorpus, readCorpus, skipNote } from "./recordings.ts";

/** Recordings that their own projects wrote to be odd, and what is counted for them. */
const BROKEN: ReadonlyMap<string, { readonly reason: string; readonly warnings: string[] }> =
  new Map([
    [
      "temporal-sdk/src/test/resources/testUnknownHistoryEventMayIgnore.json",
      { reason: "holds an event of a type that no server writes", warnings: ["unknown_event"] },
    ],
    [
      "temporal-sdk/src/test/resources/testUnknownHistoryEventMayNotIgnore.json",
      { reason: "holds an event of a type that no server writes", warnings: ["unknown_event"] },
    ],
  ]);

const corpus = readCorpus("temporal");
const run: RunIdentity = {
  engine: "temporal",
  workflowId: "corpus",
  runId: "corpus-run",
  namespace: "default",
};

/** The events in the order of their ids, as an engine's pages give them; a few recordings are newest first. */
function inOrder({ events }: CorpusHistory): readonly unknown[] {
  const [first, second] = events;
  return idOf(first) > idOf(second) ? events.toReversed() : events;
}

function idOf(event: unknown): number {
  return typeof event === "object" && event !== null && "eventId" in event
    ? Number(event.eventId)
    : Infinity;
}

function traceOf({ events }: CorpusHistory): WorkflowTrace {
  const result = traceFromHistory({ events }, run);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe.skipIf(!hasCorpus("temporal"))(
  `the corpus of Temporal histories${skipNote("temporal")}`,
  () => {
    it("is whole", () => {
      expect(corpus).toHaveLength(304);
    });

    it("holds every recording that is listed as broken", () => {
      const names = corpus.map(({ scenario }) => scenario);
      expect(names).toEqual(expect.arrayContaining([...BROKEN.keys()]));
    });

    it.each(corpus)(
      "$scenario folds without an error, holds the laws, and has spans",
      (history) => {
        const result = traceFromHistory({ events: history.events }, run);
        const warnings = result.ok ? result.warnings.map((warning) => warning.code) : [];
        expect(result).toMatchObject({ ok: true });
        expect(warnings).toEqual(BROKEN.get(history.scenario)?.warnings ?? []);
        const trace = traceOf(history);
        expect(checkLaws(trace)).toEqual([]);
        const spans = spansOf(trace);
        expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
        for (const span of spans) {
          expect(span.endTime).toBeGreaterThanOrEqual(span.startTime);
          expect(Object.keys(span.attributes).length).toBeLessThanOrEqual(32);
        }
        expect(renderNeutralTree(neutralTree(trace))).toContain(trace.type);
      },
    );

    it("only grows, whatever part of a history is known (at 20 places of each)", () => {
      for (const history of corpus) {
        const reader = createHistoryReader(run, {}, warningLog());
        const events = inOrder(history);
        const size = Math.ceil(events.length / 20);
        let before: WorkflowTrace | undefined;
        for (let from = 0; from < events.length; from += size) {
          reader.read(events.slice(from, from + size));
          const now = structuredClone(reader.trace());
          if (now === undefined) throw new Error(`no start in ${history.scenario}`);
          expect(checkLaws(now)).toEqual([]);
          expect(checkGrowth(before ?? now, now)).toEqual([]);
          before = now;
        }
        expect(before).toEqual(traceOf(history));
      }
    });

    it("gives the same traces in pages with a restart after each", () => {
      for (const history of corpus) {
        const events = inOrder(history);
        const size = Math.ceil(events.length / 7);
        let state: ReaderState | undefined;
        for (let from = 0; from < events.length; from += size) {
          const reader = createHistoryReader(run, {}, warningLog(), state);
          reader.read(events.slice(from, from + size));
          state = JSON.parse(JSON.stringify(reader.state())) as ReaderState;
        }
        expect(state?.trace).toEqual(traceOf(history));
      }
    });
  },
);
