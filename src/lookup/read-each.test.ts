import { expect, test } from "vitest";
import { storyRun } from "../../test/support/lookup-stories.ts";
import { DurascopeError } from "../core/errors.ts";
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

test("a trace that cannot be read costs no other, and is the failure when there is no other", async () => {
  const tooLarge = new DurascopeError("LOOKUP_BAD_ANSWER", "It sent more than 96 MiB.");
  const read = (bad: Error) => async (traceId: string) => {
    if (traceId === "a") throw bad;
    return { spans, notes: [] };
  };
  const found = await readEach(["a", "b"], 2, read(tooLarge));
  expect(found.spans).toHaveLength(spans.length);
  expect(found.notes).toEqual(["The trace a could not be read: It sent more than 96 MiB."]);
  await expect(readEach(["a"], 2, read(tooLarge))).rejects.toBe(tooLarge);
  const down = new DurascopeError("LOOKUP_UNREACHABLE", "It cannot be reached.");
  await expect(readEach(["a", "b"], 2, read(down))).rejects.toBe(down);
});
