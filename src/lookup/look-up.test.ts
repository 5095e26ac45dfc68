import { describe, expect, test } from "vitest";
import { type MemoryBackend, memoryBackend } from "../../test/doubles/memory-backend.ts";
import {
  foreignSpan,
  rootOf,
  type StoryRun,
  storyRun,
  withAttributes,
  withLink,
} from "../../test/support/lookup-stories.ts";
import { DurascopeError } from "../core/errors.ts";
import { lookUp } from "./look-up.ts";

function holding(...runs: readonly StoryRun[]): MemoryBackend {
  const backend = memoryBackend();
  for (const run of runs) backend.spans.push(...run.spans);
  return backend;
}

const down = new DurascopeError("LOOKUP_UNREACHABLE", "It cannot be reached.");

describe("what is asked", () => {
  test("the computed trace of a run id, while the search runs, and each trace once", async () => {
    const run = storyRun("temporal");
    const backend = holding(run);
    await lookUp(backend, { id: run.runId });
    expect(backend.asked).toEqual([[run.traceId], run.runId]);
  });

  test("no trace by id for an id that gives none", async () => {
    const run = storyRun("stepfunctions");
    const backend = holding(run);
    await lookUp(backend, { id: run.workflowId });
    expect(backend.asked).toEqual([run.workflowId, [run.traceId]]);
  });

  test.each([
    ["longer than any engine's", "x".repeat(1025)],
    ["half a character", "order\ud800"],
  ])("nothing for an id that is %s", async (_name, id) => {
    const backend = holding(storyRun("temporal"));
    const { runs, notes } = await lookUp(backend, { id });
    expect([backend.asked, runs, notes.length]).toEqual([[], [], 1]);
  });

  test("nothing at all once the signal is aborted", async () => {
    const backend = holding(storyRun("temporal"));
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(lookUp(backend, { id: "x" }, { signal })).rejects.toBe(reason);
    expect(backend.asked).toEqual([]);
  });
});

describe("what fails", () => {
  test("a search costs nothing when the id alone found the run, and it is said", async () => {
    const run = storyRun("temporal");
    const backend = memoryBackend({ search: () => Promise.reject(down) });
    backend.spans.push(...run.spans);
    const { runs, notes } = await lookUp(backend, { id: run.runId });
    expect(runs.map(({ runId }) => runId)).toEqual([run.runId]);
    expect(notes).toEqual(["Only the trace of the id itself was read: It cannot be reached."]);
  });

  test("a search is the failure of the lookup when nothing else found anything", async () => {
    const backend = memoryBackend({ search: () => Promise.reject(down) });
    await expect(lookUp(backend, { id: "order-1" })).rejects.toBe(down);
    await expect(lookUp(backend, { id: storyRun("temporal").runId })).rejects.toBe(down);
  });

  test("a fetch is the failure of the lookup", async () => {
    const run = storyRun("temporal");
    const backend = memoryBackend({ fetch: () => Promise.reject(down) });
    backend.spans.push(...run.spans);
    await expect(lookUp(backend, { id: run.workflowId })).rejects.toBe(down);
    await expect(lookUp(backend, { id: run.runId })).rejects.toBe(down);
  });

  test("on the way along a link is a note", async () => {
    const target = storyRun("temporal");
    const run = withLink(storyRun("temporal"), rootOf(target), "child");
    const whole = holding(run, target);
    const backend = memoryBackend({
      search: (query, signal) => whole.search(query, signal),
      fetch: (ids, query, signal) =>
        ids.includes(target.traceId) ? Promise.reject(down) : whole.fetch(ids, query, signal),
    });
    const { runs, notes } = await lookUp(backend, { id: run.workflowId });
    expect(runs.map(({ runId }) => runId)).toEqual([run.runId]);
    expect(notes).toEqual(["Not all links could be followed: It cannot be reached."]);
  });
});

describe("what is told", () => {
  test("nothing of a trace that a broad search gave and in which the id does not stand", async () => {
    const run = storyRun("temporal");
    const other = storyRun("temporal");
    const backend = memoryBackend({
      search: () => Promise.resolve({ traceIds: [run.traceId, other.traceId], notes: [] }),
    });
    backend.spans.push(...run.spans, ...other.spans);
    const { runs, otherTraces } = await lookUp(backend, { id: run.workflowId });
    expect(runs.map(({ runId }) => runId)).toEqual([run.runId]);
    expect(otherTraces).toEqual([]);
  });

  test("nothing of a parent's other children, whatever the depth", async () => {
    const children = [0, 1, 2].map(() => storyRun("temporal"));
    const [child] = children;
    const parent = children.reduce(
      (run, other) => withLink(run, rootOf(other), "child"),
      storyRun("temporal"),
    );
    const linked = withLink(child as StoryRun, rootOf(parent), "parent");
    const backend = holding(linked, ...children.slice(1), parent);
    const { runs } = await lookUp(backend, { id: linked.workflowId }, { depth: 9 });
    expect(runs.map(({ runId, relation }) => [runId, relation])).toEqual([
      [linked.runId, undefined],
      [parent.runId, { kind: "parent", to: linked.runId }],
    ]);
  });

  test("links in a circle are followed once", async () => {
    const [a, b] = [storyRun("temporal"), storyRun("stepfunctions")];
    const backend = holding(withLink(a, rootOf(b), "next_run"), withLink(b, rootOf(a), "next_run"));
    const { runs } = await lookUp(backend, { id: a.workflowId }, { depth: 9 });
    expect(runs).toHaveLength(2);
    expect(backend.asked).toHaveLength(3);
  });

  test("a link of somebody else's kind is called a link, and leads no further", async () => {
    const third = storyRun("temporal");
    const second = withLink(storyRun("temporal"), rootOf(third), "child");
    const first = withLink(storyRun("temporal"), rootOf(second), "follows");
    const { runs } = await lookUp(holding(first, second, third), { id: first.workflowId });
    expect(runs.map(({ relation }) => relation)).toEqual([
      undefined,
      { kind: "linked", to: first.runId },
    ]);
  });

  test("a run whose spans came with several trace ids", async () => {
    const run = storyRun("temporal");
    const traceId = "c".repeat(32);
    const part = run.spans.slice(3, 5).map((span) => ({ ...span, traceId }));
    const backend = holding({ ...run, spans: [...run.spans, ...part] });
    const { notes } = await lookUp(backend, { id: run.workflowId });
    expect(notes).toEqual([expect.stringMatching(/^Run .* stands in 2 traces/)]);
  });

  test("that a span has no readable time, and the others are shown", async () => {
    const run = storyRun("temporal");
    const broken = { ...run.spans[0], spanId: "1".repeat(16), startTime: Infinity };
    const backend = holding({ ...run, spans: [...run.spans, broken as StoryRun["spans"][number]] });
    const { runs, notes } = await lookUp(backend, { id: run.workflowId });
    expect(runs[0]?.spans).toHaveLength(run.spans.length);
    expect(notes).toEqual([expect.stringContaining("no readable time")]);
  });

  test("that there are log lines of a trace without spans", async () => {
    const backend = memoryBackend();
    const log = { time: 5, severityNumber: 9, severityText: "info", body: "hello", resource: {} };
    const attributes = { "workflow.id": "order-1" };
    backend.logs.push({ ...log, attributes, traceId: "d".repeat(32) });
    const { runs, notes } = await lookUp(backend, { id: "order-1" });
    expect([runs, notes]).toEqual([[], [expect.stringMatching(/^1 log line of traces/)]]);
  });

  test("a parent that began before what was asked for, but no such run of the id itself", async () => {
    const parent = storyRun("temporal", { endsAt: 1e12 });
    const workflowId = "order-of-two-runs";
    const early = storyRun("temporal", { endsAt: 1e12, workflowId });
    const late = withLink(
      storyRun("temporal", { endsAt: 2e12, workflowId }),
      rootOf(parent),
      "parent",
    );
    const { runs, notes } = await lookUp(holding(parent, early, late), {
      id: workflowId,
      since: 1.5e12,
    });
    expect(runs.map(({ runId }) => runId)).toEqual([late.runId, parent.runId]);
    expect(notes).toEqual(["1 run began earlier than was asked for."]);
  });

  test("that spans came twice", async () => {
    const run = storyRun("temporal");
    const { notes } = await lookUp(holding(run, run), { id: run.workflowId });
    expect(notes).toEqual([`${run.spans.length} spans arrived more than once and count once.`]);
  });

  test("whose clock disagrees: a call served hours after what called it, a child hours before its parent", async () => {
    const run = storyRun("temporal");
    const root = rootOf(run);
    const inside = { traceId: run.traceId, parentSpanId: root.spanId };
    const late = { ...foreignSpan("late", "payments", root.endTime + 3 * 3_600_000), ...inside };
    const early = { ...foreignSpan("early", "stock", root.startTime - 30 * 60_000), ...inside };
    const backend = holding({ ...run, spans: [...run.spans, late, early] });
    const { notes } = await lookUp(backend, { id: run.workflowId });
    expect(notes).toEqual([
      expect.stringMatching(/^Clocks disagree: 1 span of stock lies up to 30 min /),
      expect.stringMatching(/^Clocks disagree: 1 span of payments lies up to 3 h /),
    ]);
  });

  test("a Lambda invocation in a trace of its own, beside the run that it served", async () => {
    const run = storyRun("stepfunctions");
    const invocation = {
      ...foreignSpan("chargeCard", "charge-function", 5),
      attributes: { "workflow.id": run.workflowId, "faas.invocation_id": "7f6a3c1e" },
      links: [{ traceId: run.traceId, spanId: rootOf(run).spanId, attributes: {} }],
    };
    const backend = holding(run);
    backend.spans.push(invocation);
    expect((await lookUp(backend, { id: run.workflowId })).otherTraces).toEqual([
      { traceId: invocation.traceId, span: "chargeCard", service: "charge-function" },
    ]);
    const { runs, otherTraces } = await lookUp(backend, { id: "7f6a3c1e" });
    expect(otherTraces).toHaveLength(1);
    expect(runs.map(({ runId, relation }) => [runId, relation])).toEqual([
      [run.runId, { kind: "linked", to: invocation.traceId }],
    ]);
  });

  test("the parent of a run that stands in the same trace, as the joined topology has it", async () => {
    const parent = storyRun("temporal");
    const child = withAttributes(storyRun("temporal"), {
      "workflow.parent.id": parent.workflowId,
    });
    const joined = child.spans.map((span) => ({ ...span, traceId: parent.traceId }));
    const backend = holding(parent, { ...child, spans: joined });
    const { runs } = await lookUp(backend, { id: child.workflowId });
    expect(runs.map(({ runId, relation }) => [runId, relation])).toEqual([
      [child.runId, undefined],
      [parent.runId, { kind: "parent", to: child.runId }],
    ]);
  });

  test("runs below a run, by what they say of it", async () => {
    const root = storyRun("temporal");
    const below = withAttributes(storyRun("temporal"), { "workflow.root.id": root.workflowId });
    const { runs } = await lookUp(holding(root, below), { id: root.workflowId });
    expect(runs.map(({ relation }) => relation)).toEqual([
      undefined,
      { kind: "descendant", to: root.workflowId },
    ]);
  });
});
