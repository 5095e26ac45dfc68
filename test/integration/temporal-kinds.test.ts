/**
 * Claims, on a real server, over workflows with every kind of step:
 * - live and history agree (ids, names, parents, how it ended and why);
 * - the plugin changes nothing that a replay could see: histories recorded with it replay without it, and the other way
 *   round, as do the saga's recorded histories.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Client, Connection, type WorkflowHandle } from "@temporalio/client";
import { historyFromJSON } from "@temporalio/common/lib/proto-utils.js";
import {
  DefaultLogger,
  type LogEntry,
  NativeConnection,
  Runtime,
  Worker,
} from "@temporalio/worker";
import { type WorkflowTracing, workflowTracing } from "durascope/temporal";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startTemporalServer, type TemporalServer } from "../../src/engines/index.ts";
import { spansOf } from "../../src/index.ts";
import { traceFromHistory } from "../../src/temporal/index.ts";
import { memoryProcessor } from "../doubles/memory-processor.ts";
import { activities } from "./kinds/activities.ts";

const WORKFLOWS = fileURLToPath(new URL("kinds/workflows.ts", import.meta.url));
const SAGA = fileURLToPath(
  new URL("../../examples/order-saga/temporal/workflow.ts", import.meta.url),
);
const FIXTURES = new URL("../fixtures/temporal/", import.meta.url);

type History = Awaited<ReturnType<WorkflowHandle["fetchHistory"]>>;
interface Recorded {
  readonly workflowId: string;
  readonly runId: string;
  readonly history: History;
}

/** Attributes that tell how something ended and why. */
const TOLD = ["workflow.outcome", "workflow.wait.outcome", "error.type", "error.message"];

/** How each workflow is brought to its end. */
const PLAYS: Readonly<Record<string, (handle: WorkflowHandle) => Promise<void>>> = {
  race: () => Promise.resolve(),
  reused: () => Promise.resolve(),
  attempts: () => Promise.resolve(),
  async waits(handle) {
    await handle.signal("go", "first");
    await handle.executeUpdate("setPrice", { args: [-1] }).catch(() => undefined);
    await handle.query("state");
    await handle.executeUpdate("setPrice", { args: [7] });
    await handle.query("state");
    await handle.signal("go", "last");
  },
  family: () => Promise.resolve(),
  chain: () => Promise.resolve(),
  takenBack: () => Promise.resolve(),
  refused: () => Promise.resolve(),
  async cancelled(handle) {
    await vi.waitUntil(
      async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastStartedTime != null,
      20_000,
    );
    await handle.cancel();
  },
};

describe("every kind of step", () => {
  let server: TemporalServer;
  let connection: Connection;
  let native: NativeConnection;
  const recorded = new Map<"with" | "without", Recorded[]>();
  const processor = memoryProcessor();
  const logged: LogEntry[] = [];

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger("INFO", (entry) => logged.push(entry)) });
    server = await startTemporalServer();
    connection = await Connection.connect({ address: server.address });
    native = await NativeConnection.connect({ address: server.address });
    const target = { worker: { namespace: server.namespace, taskQueue: "nobody's" } };
    await connection.operatorService.createNexusEndpoint({ spec: { name: "nobody", target } });
    // On a busy machine a workflow task with a local activity is silent for longer than the default of 2 s.
    const tracing = workflowTracing({ spanProcessor: processor, settle: 60_000 });
    recorded.set("with", await record("with", tracing));
    recorded.set("without", await record("without"));
  });

  afterAll(async () => {
    await native?.close();
    await connection?.close();
    await server?.stop();
  });

  async function record(taskQueue: string, tracing?: WorkflowTracing): Promise<Recorded[]> {
    const plugins = tracing === undefined ? [] : [tracing];
    const worker = await Worker.create({
      connection: native,
      taskQueue,
      workflowsPath: WORKFLOWS,
      activities: { ...activities },
      plugins,
      // Small, so that workflows are evicted and replayed in the middle of their runs.
      maxCachedWorkflows: 2,
    });
    const client = new Client({ connection, plugins });
    return worker.runUntil(async () => {
      await Promise.all(
        Object.entries(PLAYS).map(async ([type, play]) => {
          const args = type === "chain" ? [0] : [];
          const handle = await client.workflow.start(type, {
            taskQueue,
            workflowId: `${taskQueue}-${type}`,
            args,
          });
          await play(handle);
          await handle.result().catch(() => undefined);
        }),
      );
      const runs: Recorded[] = [];
      for await (const run of client.workflow.list({ query: `TaskQueue = '${taskQueue}'` })) {
        const history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
        runs.push({ workflowId: run.workflowId, runId: run.runId, history });
      }
      return runs;
    });
  }

  it("has a span in the history for each span that the plugin emitted of it, that tells the same", () => {
    const runs = recorded.get("with") ?? [];
    expect(runs.length).toBeGreaterThanOrEqual(12);
    const emitted = new Map(
      processor.spans().map((span) => [`${span.traceId} ${span.spanId}`, span]),
    );
    const missing = runs.flatMap(({ workflowId, runId, history }) => {
      const trace = traceFromHistory(history, { workflowId, runId });
      if (!trace.ok) throw new Error(trace.error.message);
      expect(trace.warnings).toEqual([]);
      return spansOf(trace.value).flatMap((span) => {
        const live = emitted.get(`${span.traceId} ${span.spanId}`);
        const same =
          live !== undefined &&
          live.name === span.name &&
          live.parentSpanId === span.parentSpanId &&
          live.status.code === span.status.code &&
          TOLD.every((name) => live.attributes[name] === span.attributes[name]);
        return same
          ? []
          : [
              {
                workflowId,
                span: span.name,
                key: span.attributes["workflow.step.id"],
                live: live?.name,
                status: [span.status.code, live?.status.code],
                told: TOLD.map((name) => [span.attributes[name], live?.attributes[name]]),
              },
            ];
      });
    });
    expect(missing).toEqual([]);
  });

  it("tells of nothing that the history does not hold", () => {
    const known = new Set(
      (recorded.get("with") ?? []).flatMap(({ workflowId, runId, history }) => {
        const trace = traceFromHistory(history, { workflowId, runId });
        return trace.ok ? spansOf(trace.value).map((span) => span.spanId) : [];
      }),
    );
    // Earlier attempts stand in no history, nor does the client's own span.
    const unknown = processor
      .spans()
      .filter(
        (span) => !known.has(span.spanId) && span.kind !== "CONSUMER" && span.kind !== "PRODUCER",
      );
    expect(unknown.map((span) => ({ name: span.name, ...span.attributes }))).toEqual([]);
  });

  it("puts the run's ids on the lines that a workflow logs, and those of the attempt on an activity's", () => {
    const line = (message: string): unknown =>
      logged.find(({ message: text, meta }) => text === message && meta?.["taskQueue"] === "with")
        ?.meta;
    const run = processor.spans().find(({ name }) => name === "race");
    expect(line("raced")).toMatchObject({
      "workflow.id": "with-race",
      "workflow.run_id": run?.attributes["workflow.run_id"],
      trace_id: run?.traceId,
      span_id: run?.spanId,
    });
    const ofWorker = logged.filter(({ meta }) => meta?.["taskQueue"] === "with");
    expect(ofWorker.filter(({ meta }) => meta?.["taskToken"] !== undefined)).toEqual([]);
    const attempt = processor.spans().find(({ name }) => name === "flaky attempt 3");
    expect(line("flaky at last")).toMatchObject({
      "workflow.id": "with-attempts",
      "workflow.step.name": "flaky",
      "workflow.step.attempt": 3,
      trace_id: attempt?.traceId,
    });
  });

  it.each([
    { recordedBy: "without", replayedBy: "with" },
    { recordedBy: "without", replayedBy: "without" },
    { recordedBy: "with", replayedBy: "without" },
    { recordedBy: "with", replayedBy: "with" },
  ] as const)(
    "replays what was recorded $recordedBy the plugin $replayedBy it",
    async ({ recordedBy, replayedBy }) => {
      await expect(replay(WORKFLOWS, recorded.get(recordedBy) ?? [], replayedBy)).resolves.toEqual(
        [],
      );
    },
  );

  it.each(["with", "without"] as const)(
    "replays the saga's recorded histories %s the plugin",
    async (replayedBy) => {
      const histories = readdirSync(FIXTURES).map((file): Recorded => {
        const fixture = JSON.parse(readFileSync(new URL(file, FIXTURES), "utf8")) as {
          workflowId: string;
          runId: string;
          history: unknown;
        };
        return { ...fixture, history: historyFromJSON(fixture.history) };
      });
      expect(histories.length).toBe(7);
      await expect(replay(SAGA, histories, replayedBy)).resolves.toEqual([]);
    },
  );

  /** Replays and gives the errors. */
  async function replay(
    workflowsPath: string,
    runs: readonly Recorded[],
    replayedBy: "with" | "without",
  ): Promise<unknown[]> {
    const told = memoryProcessor();
    const plugins =
      replayedBy === "with"
        ? [workflowTracing({ spanProcessor: told, compensates: { refund: ["chargeCard"] } })]
        : [];
    const errors: unknown[] = [];
    const replays = Worker.runReplayHistories(
      { workflowsPath, plugins },
      runs.map(({ workflowId, history }) => ({ workflowId, history })),
    );
    for await (const { workflowId, error } of replays)
      if (error !== undefined) errors.push({ workflowId, error: error.message });
    expect(told.spans().map((span) => span.name)).toEqual([]);
    return errors;
  }
});
