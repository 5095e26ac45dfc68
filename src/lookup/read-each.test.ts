import { expect, test } from "vitest";
import { storyRun } from "../../test/support/lookup-stories.ts";
import { readEach } from "./read-each.ts";

const { spans } = storyRun("temporal", { endsAt: 1_795_380_000_000 });

test("spans and notes of all traces are held", async () => {
  const found = await readEach(["a", "b"], 1, async (traceId) => ({
    spans: spans.map((span) => ({ ...span, traceId })),
    notes: [`note of ${traceId}`],
  }));
  expect(found.spans).toHaveLength(2 * spans.length);
  expect(found.notes).toEqual(["note of a", "note of b"]);
});

test("traces beyond the bound are not asked for, and it is said", async () => {
  const asked: string[] = [];
  const read = async (traceId: string) => {
    asked.push(traceId);
    return { spans, notes: [] };
  };
  const found = await readEach(["a", "b", "c"], 1, read, spans.length + 1);
  expect(asked).toEqual(["a", "b"]);
  expect(found.notes).toEqual([
    `The trace c was left out: there are more than ${spans.length + 1} spans.`,
  ]);
});
