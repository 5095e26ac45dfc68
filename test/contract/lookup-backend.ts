import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isDurascopeError } from "../../src/core/errors.ts";
import type { LookupBackend, LookupQuery, LookupResult } from "../../src/lookup/backend.ts";
import { type LookUpOptions, lookUp } from "../../src/lookup/look-up.ts";
import { buildReport } from "../../src/report/build-report.ts";
import { shortened } from "../../src/telemetry/long-span.ts";
import {
  foreignSpan,
  logRequest,
  moved,
  rootOf,
  type StoryOptions,
  type StoryRun,
  spanRequest,
  storyRun,
  unique,
  withAttributes,
  withLink,
} from "../support/lookup-stories.ts";

/** A backend that was started for a test. */
export interface LookupStore {
  /** Searches by the vocabulary and by the business key `order.id`. */
  readonly backend: LookupBackend;
  /**
   * Takes OTLP/JSON export requests, `{"resourceSpans":[…]}` or `{"resourceLogs":[…]}` as text; resolves when what they
   * hold can be searched for.
   */
  send(requests: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** How a backend is tested. */
export interface LookupHarness {
  /** Starts it once for all tests; it may hold other traces already. */
  start(): Promise<LookupStore>;
  /** Whether log lines are kept: given back with their traces. */
  readonly keepsLogs: boolean;
  /** Whether a log line's own attributes are searched too. @default keepsLogs */
  readonly searchesLogs?: boolean;
  /** How often random ids are tried. @default 50 */
  readonly randomIds?: number;
  /** Claims that this backend cannot hold, by a part of the test's name, with the reason. */
  readonly except?: Readonly<Record<string, string>>;
}

/** Ids that would mean something in a query language, a URL, a shell or a terminal, if anybody let them. */
const NASTY_IDS: readonly string[] = [
  '" || true || "',
  '" || span.workflow.id != "',
  '"} || {true} || {name="',
  "{}",
  "{ }",
  '{"workflow.id":"x"}',
  "*",
  "order-*",
  "?",
  ".*",
  "%",
  "\\",
  '\\"',
  "\\\\",
  "`",
  "'",
  '"',
  "order OR *:*",
  "* OR @workflow.id:*",
  "@workflow.id:* -x",
  "NOT x",
  "-x",
  "[* TO *]",
  "(a OR b)",
  "a:b/c",
  "a&limit=1&tags={}",
  "#fragment",
  "../../etc/passwd",
  "a/b?c=d",
  "%22%7D",
  "line\nbreak",
  "carriage\r\nreturn",
  "tab\there",
  "nul\u0000byte",
  "\u001b[31mred\u001b[0m",
  "ünïcödé 注文 🛒",
  "\u202eright-to-left",
  "null",
  "undefined",
  "true",
  "0",
  "1",
  "NaN",
  "__proto__",
  "constructor",
  "$(id)",
  "${jndi:ldap://x}",
  "<script>",
  "completed",
  "temporal",
  "chargeCard",
];

/**
 * What every backend of `lookup` has to do, on runs of the order saga as both engines told them.
 *
 * A harness says how the backend is started and fed. Each test uses ids of its own, so a server that
 * is shared, or was used before, serves as well.
 */
export function describeLookupBackend(name: string, harness: LookupHarness): void {
  describe(`lookup: ${name}`, () => {
    let store: LookupStore;
    beforeAll(async () => {
      store = await harness.start();
    });
    afterAll(() => store.stop());

    beforeEach(({ task, skip }) => {
      const except = Object.entries(harness.except ?? {}).find(([part]) =>
        task.name.includes(part),
      );
      skip(except !== undefined, except?.[1]);
    });
    const find = (
      id: string,
      options: LookUpOptions & Omit<LookupQuery, "id"> = {},
    ): Promise<LookupResult> => {
      const { since, ...rest } = options;
      return lookUp(store.backend, { id, ...(since !== undefined && { since }) }, rest);
    };
    const send = (...runs: readonly StoryRun[]): Promise<void> =>
      store.send(runs.map((run) => spanRequest(run.spans)));
    const traces = async (id: string, options: LookUpOptions = {}): Promise<string[]> =>
      (await find(id, options)).runs.map((run) => run.traceId);
    /** A run that has just ended: some backends search by the time of arrival only. */
    const recent = (engine: StoryRun["engine"], options: StoryOptions = {}): StoryRun =>
      storyRun(engine, { endsAt: Date.now() - 20_000, ...options });

    describe("a run is found by", () => {
      let temporal: StoryRun;
      let execution: StoryRun;
      const businessKey = unique("key");
      const number = randomBytes(5).readUIntBE(0, 5);
      beforeAll(async () => {
        temporal = withAttributes(recent("temporal"), {
          "order.id": businessKey,
        });
        execution = withAttributes(recent("stepfunctions"), { "order.id": number });
        await send(temporal, execution);
      });
      test.each<[string, () => readonly [string, StoryRun]]>([
        ["its workflow id", () => [temporal.workflowId, temporal]],
        ["its run id", () => [temporal.runId, temporal]],
        ["its run id in upper case", () => [temporal.runId.toUpperCase(), temporal]],
        ["its execution name", () => [execution.workflowId, execution]],
        ["its execution ARN", () => [execution.runId, execution]],
        ["its trace id", () => [temporal.traceId, temporal]],
        ["its trace id in upper case", () => [execution.traceId.toUpperCase(), execution]],
        ["a business key", () => [businessKey, temporal]],
        ["a business key that is a number", () => [String(number), execution]],
      ])("%s", async (_title, asked) => {
        const [id, run] = asked();
        const result = await find(id);
        expect(result.runs.map((found) => [found.traceId, found.runId, found.match])).toEqual([
          [run.traceId, run.runId, "own"],
        ]);
        expect(result.runs[0]?.spans).toHaveLength(run.spans.length);
        expect(result.otherTraces).toEqual([]);
      });
      test("a trace id that lost its leading zeros", async () => {
        const traceId = `000${randomBytes(16).toString("hex").slice(3)}`;
        const run = recent("temporal");
        const joined = { ...run, traceId, spans: run.spans.map((span) => ({ ...span, traceId })) };
        await send(joined);
        expect(await traces(traceId.replace(/^0+/, ""))).toEqual([traceId]);
        expect(await traces(run.runId)).toEqual([traceId]);
      });
    });

    test("spans, their links, events, resources and times come back as they were sent", async () => {
      const run = withLink(
        recent("stepfunctions", { scenario: "undeliverable" }),
        foreignSpan("x", "y", 1),
        "caller",
      );
      await send(run);
      const [found] = (await find(run.workflowId, { depth: 0 })).runs;
      const byId = new Map(found?.spans.map((span) => [span.spanId, span]));
      for (const sent of run.spans) {
        const span = byId.get(sent.spanId);
        expect(span).toMatchObject({
          name: sent.name,
          kind: sent.kind,
          attributes: sent.attributes,
          status: { code: sent.status.code },
          links: sent.links,
          resource: sent.resource,
        });
        expect(span?.parentSpanId).toBe(sent.parentSpanId);
        expect(span?.startTime).toBeCloseTo(sent.startTime, 2);
        expect(span?.endTime).toBeCloseTo(sent.endTime, 2);
        expect(span?.events.map((event) => event.name)).toEqual(
          sent.events.map((event) => event.name),
        );
      }
    });

    describe("nothing is found by", () => {
      test.each([
        ["an unknown business key", unique("nobody")],
        ["an unknown run id", randomUUID()],
        [
          "an unknown execution ARN",
          `arn:aws:states:us-east-1:123456789012:execution:orderSaga:${unique("nobody")}`,
        ],
        ["an unknown trace id", randomBytes(16).toString("hex")],
      ])("%s", async (_name, id) => {
        expect(await find(id)).toMatchObject({ runs: [], otherTraces: [] });
      });

      test("a part of an id, another case of it, or it with spaces around", async () => {
        const run = recent("temporal");
        await send(run);
        const { workflowId } = run;
        const near = [workflowId.slice(0, -1), workflowId.slice(1), `${workflowId}0`];
        near.push(workflowId.toUpperCase(), ` ${workflowId}`, `${workflowId} `);
        const found = await Promise.all(near.map((id) => traces(id)));
        expect(found).toEqual(near.map(() => []));
      });

      test("an id that is 10 kB long or no text at all, and the backend survives it", async () => {
        const ids = ["x".repeat(10_000), '"'.repeat(10_000), "\ud800", "a\udc00b"];
        await inTurn(ids, async (id) => {
          expect(await find(id)).toMatchObject({ runs: [], otherTraces: [] });
          expect(await searched(store.backend, id)).toEqual([]);
        });
      });
    });

    describe("an id is text, whatever it looks like:", () => {
      let bystanders: readonly StoryRun[];
      beforeAll(async () => {
        bystanders = [recent("temporal"), recent("stepfunctions", { scenario: "declined" })];
        await send(...bystanders);
      });

      test("nasty ids find nothing", async () => {
        await inTurn(NASTY_IDS, async (id) => {
          expect([id, await searched(store.backend, id)]).toEqual([id, []]);
        });
      });

      test("random ids find nothing", async () => {
        const ids = fc.oneof(
          fc.string({ minLength: 1, maxLength: 60 }),
          fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
          fc
            .array(fc.constantFrom(...NASTY_IDS, "order", " ", "=", "!=", "&&", "||", "=~"), {
              minLength: 2,
              maxLength: 6,
            })
            .map((parts) => parts.join("")),
        );
        await fc.assert(
          fc.asyncProperty(ids, async (id) => {
            expect(await searched(store.backend, id)).toEqual([]);
          }),
          { numRuns: harness.randomIds ?? 50 },
        );
      });

      test("nasty ids find the run that they are of, and no other", async () => {
        const mark = randomBytes(4).toString("hex");
        const runs = NASTY_IDS.map((id) => recent("temporal", { workflowId: `${id}${mark}${id}` }));
        await send(...runs);
        await inTurn(runs, async ({ workflowId, traceId }) => {
          expect([workflowId, await traces(workflowId, { depth: 0 })]).toEqual([
            workflowId,
            [traceId],
          ]);
        });
      });

      test("what is to be pasted and the links hold it without breaking", () => {
        for (const id of NASTY_IDS)
          expect(store.backend.queryToPaste({ id })).toEqual(expect.any(String));
        return Promise.resolve();
      });
    });

    test("a span that was sent twice counts once, and it is said", async () => {
      const run = recent("temporal");
      await send(run);
      await send(run);
      const { runs, notes } = await find(run.workflowId);
      expect(runs.map((found) => found.spans.length)).toEqual([run.spans.length]);
      expect(notes.filter((note) => note.includes("more than once")).length).toBeLessThan(2);
    });

    describe("links are followed", () => {
      test("as far as the depth says, and not at all with 0", async () => {
        const chain = [0, 1, 2, 3].map(() => recent("temporal"));
        const linked = chain.map((run, i) => {
          const next = chain[i + 1];
          return next === undefined ? run : withLink(run, rootOf(next), "child");
        });
        await send(...linked);
        const ids = chain.map((run) => run.traceId);
        const id = chain[0]?.workflowId ?? "";
        const found = await Promise.all(
          [0, 1, 2, 9].map(async (depth) => new Set(await traces(id, { depth }))),
        );
        expect(found).toEqual([
          new Set(ids.slice(0, 1)),
          new Set(ids.slice(0, 2)),
          new Set(ids.slice(0, 3)),
          new Set(ids),
        ]);
        expect(new Set(await traces(id))).toEqual(new Set(ids.slice(0, 3)));
        const { runs } = await find(id, { depth: 1 });
        expect(runs.map((run) => [run.match, run.relation])).toEqual([
          ["own", undefined],
          ["related", { kind: "child", to: chain[0]?.runId }],
        ]);
      });

      test("no further than the bound on traces, and it is said", async () => {
        const targets = [0, 1, 2, 3].map(() => recent("temporal", { scenario: "declined" }));
        const parent = targets.reduce(
          (run, target) => withLink(run, rootOf(target), "child"),
          recent("temporal"),
        );
        await send(parent, ...targets);
        const { runs, notes } = await find(parent.workflowId, { traces: 3 });
        expect(runs).toHaveLength(3);
        expect(notes.filter((note) => note.includes("2 left out"))).toHaveLength(1);
      });

      test("to the caller's trace, which holds no run", async () => {
        const caller = foreignSpan("POST /orders", "shop", Date.now() - 60_000);
        const run = withLink(recent("stepfunctions"), caller, "caller");
        await send(run);
        await store.send([spanRequest([caller])]);
        expect((await find(run.workflowId)).otherTraces).toEqual([
          {
            traceId: caller.traceId,
            span: "POST /orders",
            service: "shop",
            relation: { kind: "caller", to: run.runId },
          },
        ]);
      });

      test("from a caller's trace to the run that it started", async () => {
        const run = recent("temporal");
        const caller = foreignSpan("start orderSaga", "shop", Date.now() - 60_000);
        const attributes = {
          "workflow.engine": "temporal",
          "workflow.id": run.workflowId,
          "workflow.run_id": run.runId,
          "workflow.type": "orderSaga",
        };
        await send(run);
        await store.send([spanRequest([{ ...caller, kind: "PRODUCER", attributes }])]);
        const { runs, otherTraces } = await find(caller.traceId);
        expect(otherTraces.map((trace) => trace.traceId)).toEqual([caller.traceId]);
        expect(runs.map((found) => found.runId)).toEqual([run.runId]);
      });

      test("to the parent by its workflow id where no link tells its run, without siblings", async () => {
        const parent = recent("temporal");
        const [child, sibling] = [0, 1].map(() =>
          withAttributes(recent("temporal"), { "workflow.parent.id": parent.workflowId }),
        );
        await send(parent, child as StoryRun, sibling as StoryRun);
        const { runs } = await find(child?.workflowId ?? "");
        expect(runs.map((run) => [run.runId, run.relation])).toEqual([
          [child?.runId, undefined],
          [parent.runId, { kind: "parent", to: child?.runId }],
        ]);
        expect(new Set(await traces(parent.workflowId))).toEqual(
          new Set([parent, child, sibling].map((run) => run?.traceId)),
        );
      });

      test("along a chain of runs, to the first one", async () => {
        const first = recent("temporal");
        const later = withAttributes(recent("temporal", { workflowId: first.workflowId }), {
          "workflow.first_run_id": first.runId,
        });
        await send(first, later);
        expect(new Set(await traces(later.runId))).toEqual(new Set([first.traceId, later.traceId]));
        const { runs } = await find(first.runId);
        expect(runs.map((run) => run.relation)).toEqual([
          undefined,
          { kind: "later_run", to: first.runId },
        ]);
      });
    });

    test("a run that is still open is found and said to be partial", async () => {
      const run = recent("temporal", { events: 20 });
      await send(run);
      const [found] = (await find(run.workflowId)).runs.map(buildReport);
      expect(found).toMatchObject({ runId: run.runId, outcome: "open" });
      expect(found?.partial).toHaveLength(1);
    });

    test("two traces with one id, of both engines, are both found, the newest first", async () => {
      const key = unique("key");
      const now = Date.now();
      const older = recent("temporal", { endsAt: now - 60_000 });
      const newer = recent("stepfunctions", { endsAt: now - 10_000 });
      const runs = [older, newer].map((run) => withAttributes(run, { "order.id": key }));
      await send(...runs);
      const started = (run: StoryRun): number => Math.min(...run.spans.map((s) => s.startTime));
      expect(await traces(key)).toEqual(
        [older, newer].toSorted((a, b) => started(b) - started(a)).map((run) => run.traceId),
      );
    });

    test("an id that stands in many traces: all of them, or word that some are missing", async () => {
      const key = unique("customer");
      const runs = Array.from({ length: 30 }, () =>
        withAttributes(recent("temporal", { scenario: "declined" }), { "order.id": key }),
      );
      await send(...runs);
      const result = await find(key);
      expect(
        new Set(result.runs.map((run) => run.traceId)).size === 30 || result.notes.length > 0,
      ).toBe(true);
      expect(result.runs.length).toBeGreaterThanOrEqual(20);
    });

    test("clocks that are off by hours hide nothing, and it is said", async () => {
      const run = recent("temporal");
      const attempt = run.spans.find((span) => span.name === "chargeCard attempt 1");
      const served = {
        ...foreignSpan("POST /charges", "payments", (attempt?.startTime ?? 0) - 2 * 3_600_000),
        traceId: run.traceId,
        parentSpanId: attempt?.spanId ?? "",
      };
      await store.send([spanRequest([...run.spans, served])]);
      const { runs, notes } = await find(run.workflowId);
      expect(runs[0]?.spans).toHaveLength(run.spans.length + 1);
      expect(notes.join()).toMatch(/Clocks disagree: 1 span of payments .* 2 h/);
    });

    test("runs that began before `since` are left out", async () => {
      const workflowId = unique("order");
      const now = Date.now();
      const older = recent("temporal", { workflowId, endsAt: now - 30 * 60_000 });
      const newer = recent("temporal", { workflowId, endsAt: now - 10_000 });
      await send(older, newer);
      const start = Math.min(...newer.spans.map((span) => span.startTime));
      const { runs } = await find(workflowId, { since: start - 1000 });
      expect(runs.map((run) => run.runId)).toEqual([newer.runId]);
      expect((await find(workflowId)).runs).toHaveLength(2);
    });

    test("a run that went on for three days is found whole", async () => {
      const run = recent("temporal");
      const early = new Set(run.spans.slice(0, Math.floor(run.spans.length / 2)));
      const spans = run.spans.map((span) =>
        early.has(span) ? (moved([span], -72 * 3_600_000)[0] ?? span) : span,
      );
      await store.send([spanRequest(spans)]);
      const [found] = (await find(run.workflowId)).runs;
      expect(found?.spans).toHaveLength(spans.length);
    });

    test("spans that were sent as 0 ms at their end come back with their begin", async () => {
      const run = recent("stepfunctions", { scenario: "expired" });
      await store.send([spanRequest(run.spans.map((span) => shortened(span, 20)))]);
      const [found] = (await find(run.workflowId)).runs;
      const times = new Map(found?.spans.map((span) => [span.spanId, span]));
      for (const sent of run.spans) {
        const began = times.get(sent.spanId)?.startTime ?? 0;
        expect(Math.abs(began - sent.startTime)).toBeLessThan(1);
        expect(times.get(sent.spanId)?.endTime).toBeCloseTo(sent.endTime, 2);
      }
    });

    test("log lines come with their run, in the order of time", async ({ skip }) => {
      skip(!harness.keepsLogs, "keeps no log lines");
      const run = recent("temporal");
      const [span] = run.spans;
      const line = (body: string, time: number): Parameters<typeof logRequest>[0][number] => ({
        time,
        severityNumber: 9,
        severityText: "info",
        body,
        attributes: { "workflow.id": run.workflowId, "workflow.run_id": run.runId },
        traceId: run.traceId,
        ...(span !== undefined && { spanId: span.spanId }),
      });
      const now = Date.now() - 20_000;
      await send(run);
      await store.send([logRequest([line("second", now + 5), line("first", now)])]);
      await store.send([logRequest([{ ...line("other", now), traceId: "f".repeat(32) }])]);
      const [found] = (await find(run.workflowId)).runs;
      expect(found?.logs.map((log) => log.body)).toEqual(["first", "second"]);
      expect(found?.logs[0]).toMatchObject({ severityText: "info", spanId: span?.spanId });
    });

    describe("the backend", () => {
      test("ends a search and a fetch when the signal is aborted", async () => {
        const run = recent("temporal");
        await send(run);
        const { backend } = store;
        const calls = [
          (signal: AbortSignal) => backend.search({ id: run.workflowId }, signal),
          (signal: AbortSignal) => backend.fetch([run.traceId], { id: run.workflowId }, signal),
        ];
        await inTurn(calls, async (call) => {
          const reason = new Error("enough");
          await expect(call(AbortSignal.abort(reason))).rejects.toBe(reason);
          const controller = new AbortController();
          const running = call(controller.signal);
          controller.abort(reason);
          await expect(running).rejects.toBe(reason);
        });
      });

      test("gives nothing for unknown traces, and asks nothing for none", async () => {
        const { signal } = new AbortController();
        const unknown = randomBytes(16).toString("hex");
        const found = await Promise.all(
          [[], [unknown]].map((ids) => store.backend.fetch(ids, { id: "x" }, signal)),
        );
        expect(found.map(({ spans, logs }) => [spans, logs])).toEqual([
          [[], []],
          [[], []],
        ]);
      });

      test("fetches several traces at once, and no others", async () => {
        const runs = [recent("temporal"), recent("stepfunctions"), recent("temporal")];
        await send(...runs);
        const { signal } = new AbortController();
        const asked = runs.slice(0, 2).map((run) => run.traceId);
        const { spans } = await store.backend.fetch(asked, { id: "x" }, signal);
        expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set(asked));
      });

      test("names itself and links to its pages by plain URLs without credentials", () => {
        const { backend } = store;
        const traceId = randomBytes(16).toString("hex");
        const links = backend.links({ traceId, start: 1e12, end: 1e12 + 5, services: ['a"<b>&c'] });
        for (const { title, url } of links) {
          expect(title).not.toBe("");
          const parsed = new URL(url);
          expect(parsed.protocol).toMatch(/^https?:$/);
          expect(parsed.username + parsed.password).toBe("");
          expect(url).toMatch(/^[\u0021-\u007e]+$/);
          expect(url).not.toMatch(/["<>`\\^{|}]/);
        }
        expect(backend.name).toMatch(/^[\u0020-\u007e]+$/);
        return Promise.resolve();
      });
    });
  });
}

/** What the backend's own search gives; a failure has to be one that says why this id cannot be asked for. */
async function searched(backend: LookupBackend, id: string): Promise<readonly string[]> {
  try {
    const { traceIds } = await backend.search({ id }, new AbortController().signal);
    return traceIds;
  } catch (error) {
    if (isDurascopeError(error) && error.code === "LOOKUP_BAD_REQUEST") return [];
    throw error;
  }
}

/** One after the other, so that a failure names its item and no server is flooded. */
async function inTurn<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<void>,
): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- in turn is what it is for
  for (const item of items) await run(item);
}
