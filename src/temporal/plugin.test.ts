import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryMetrics } from "../../test/doubles/memory-metrics.ts";
import { memoryProcessor } from "../../test/doubles/memory-processor.ts";
import { workflowTracing } from "./plugin.ts";
import { recorderModule } from "./recorder-module.ts";

interface Worker {
  readonly sinks?: Record<string, unknown>;
  readonly workflowsPath?: string;
  readonly workflowBundle?: object;
  readonly interceptors?: { activity?: object[]; workflowModules?: string[]; client?: string };
}

interface Facts {
  fn(info: object, facts: unknown): void;
}

/** What facts of a run are told to. */
function factsOf({ sinks }: Worker): Facts {
  const sink = sinks?.["durascope"];
  expect(sink).toHaveProperty("facts.fn");
  return (sink as { readonly facts: Facts }).facts;
}

/** The recorder's module is resolved from the built package, which unit tests do not need. */
vi.mock("./recorder-module.ts", async (original) => ({
  ...(await original<typeof import("./recorder-module.ts")>()),
  recorderModule: vi.fn(() => "recorder.cjs"),
}));

afterEach(() => vi.unstubAllEnvs());

describe("workflowTracing", () => {
  it("adds the recorder, its sink and the activity interceptor to a worker, and keeps what is there", () => {
    const theirs = {};
    const given: Worker = {
      workflowsPath: "w.ts",
      sinks: { theirs },
      interceptors: { activity: [theirs], workflowModules: ["theirs"], client: "theirs" },
    };
    const worker = workflowTracing().configureWorker(given);
    expect(Object.keys(worker.sinks ?? {})).toEqual(["durascope", "theirs"]);
    expect(worker.interceptors?.activity).toEqual([expect.any(Function), theirs]);
    expect(worker.interceptors?.workflowModules).toEqual(["theirs", "recorder.cjs"]);
    expect(worker.interceptors?.client).toBe("theirs");
    expect(given.interceptors?.activity).toHaveLength(1);
  });

  it("acts once when it is registered twice, on the connection and on the worker", () => {
    const tracing = workflowTracing();
    const worker: Worker = tracing.configureWorker(
      tracing.configureWorker<Worker>({ workflowsPath: "w.ts" }),
    );
    expect(worker.interceptors?.activity).toHaveLength(1);
    expect(worker.interceptors?.workflowModules).toHaveLength(1);
    const client: { interceptors?: { workflow?: object[] } } = tracing.configureClient(
      tracing.configureClient({}),
    );
    expect(client.interceptors?.workflow).toHaveLength(1);
    expect(tracing.configureBundler(tracing.configureBundler({}))).toEqual({
      workflowInterceptorModules: ["recorder.cjs"],
    });
  });

  it("is around other interceptors of activities, and inside of a client's", () => {
    const theirs = (): object => ({});
    const worker = workflowTracing().configureWorker<Worker>({
      interceptors: { activity: [theirs] },
    });
    expect(worker.interceptors?.activity?.at(-1)).toBe(theirs);
    const client: { interceptors?: { workflow?: object[] } } = workflowTracing().configureClient({
      interceptors: { workflow: [theirs] },
    });
    expect(client.interceptors?.workflow?.[0]).toBe(theirs);
  });

  it("lets the first of two plugins count, which is the worker's own, and says so", () => {
    vi.mocked(recorderModule).mockImplementation(({ compensates }) =>
      compensates === undefined ? "recorder.cjs" : "data:recorder",
    );
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    const own = workflowTracing({ compensates: { refund: ["charge"] }, onWarning });
    const connections = workflowTracing({ onWarning });
    const bundle = { workflowInterceptorModules: ["theirs"] };
    expect(connections.configureBundler(own.configureBundler(bundle))).toEqual({
      workflowInterceptorModules: ["theirs", "data:recorder"],
    });
    const first = own.configureWorker<Worker>({ workflowsPath: "w.ts" });
    expect(warnings).toEqual([]);
    const both = connections.configureWorker(first);
    expect(both.interceptors?.workflowModules).toEqual(["data:recorder"]);
    expect(both.sinks).toEqual(first.sinks);
    expect(both.interceptors?.activity).toEqual(first.interceptors?.activity);
    expect(warnings).toEqual([expect.stringContaining("two workflowTracing() are registered")]);
  });

  it("adds no workflow module to a worker with a bundle, and warns once of a bundle without the recorder", () => {
    const warnings: string[] = [];
    const tracing = workflowTracing({ onWarning: (message) => warnings.push(message) });
    const withBundle = (code: string): Worker =>
      tracing.configureWorker<Worker>({ workflowBundle: { code } });
    expect(withBundle("... durascope:recorder ...").interceptors).not.toHaveProperty(
      "workflowModules",
    );
    tracing.configureReplayWorker<Worker>({ workflowBundle: { code: "something else" } });
    expect(warnings).toEqual([]);
    withBundle("something else");
    withBundle("something else");
    expect(warnings).toEqual([
      expect.stringContaining(
        "bundleWorkflowCode({ workflowsPath, plugins: [workflowTracing()] })",
      ),
    ]);
  });

  it("is off with DURASCOPE_DISABLED=true, but for the sink that a bundle with the recorder calls", () => {
    vi.stubEnv("DURASCOPE_DISABLED", "true");
    const processor = memoryProcessor();
    const tracing = workflowTracing({ spanProcessor: processor });
    const client = {};
    expect(tracing.configureClient(client)).toBe(client);
    expect(tracing.configureBundler(client)).toBe(client);
    const worker: Worker = tracing.configureWorker<Worker>({ workflowsPath: "w.ts" });
    expect(Object.keys(worker)).toEqual(["workflowsPath", "sinks"]);
  });

  it("leaves a client's deprecated interceptors alone, and says so, also to a logger that throws", () => {
    const client = { interceptors: { workflow: { calls: [] } } };
    const onWarning = vi.fn(() => {
      throw new Error("logger");
    });
    expect(workflowTracing({ onWarning }).configureClient(client)).toBe(client);
    expect(onWarning).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("{ calls }"));
  });

  it("refuses an option that it does not have, by name", () => {
    const misspelt: object = { spanProcesor: {} };
    expect(() => workflowTracing(misspelt)).toThrow(
      expect.objectContaining({
        code: "TRACING_OPTION",
        message: expect.stringContaining('"spanProcesor"'),
      }),
    );
  });

  it("refuses metricAttributes that are no list of keys", () => {
    const one: object = { metricAttributes: "order.tier" };
    expect(() => workflowTracing(one)).toThrow(
      expect.objectContaining({
        code: "TRACING_OPTION",
        message: expect.stringContaining('["order.tier"]'),
      }),
    );
  });

  it.each(["a workflow's", "a standalone"])(
    "takes the task token off the log lines of %s activity",
    (kind) => {
      const worker: Worker = workflowTracing().configureWorker<Worker>({});
      const [factory] = (worker.interceptors?.activity ?? []) as ((context: object) => {
        outbound: { getLogAttributes(input: object, next: (input: object) => object): object };
      })[];
      const workflowExecution =
        kind === "a standalone" ? undefined : { workflowId: "w", runId: "r" };
      const { outbound } =
        factory?.({
          info: {
            activityId: "1",
            activityType: "a",
            attempt: 1,
            taskQueue: "q",
            workflowExecution,
          },
        }) ?? {};
      const attributes = outbound?.getLogAttributes(
        { taskToken: "secret", activityId: "1" },
        (input) => input,
      );
      expect(attributes).toMatchObject({ activityId: "1" });
      expect(attributes).not.toHaveProperty("taskToken");
    },
  );

  it("swallows facts that make no sense, and what a processor throws", async () => {
    const onEnd = vi.fn(() => {
      throw new Error("exporter");
    });
    const warnings: string[] = [];
    const tracing = workflowTracing({
      spanProcessor: { onEnd },
      businessKeys: () => {
        throw new TypeError("theirs");
      },
      onWarning: (message) => warnings.push(message),
    });
    const worker: Worker = tracing.configureWorker<Worker>({});
    const facts = factsOf(worker);
    expect(() => facts.fn({ runId: "r" }, undefined)).not.toThrow();
    const trace = {
      engine: "temporal",
      workflowId: "w",
      runId: "r",
      firstRunId: "r",
      type: "t",
      namespace: "n",
      links: [],
      started: 1,
      redrive: 0,
      segments: [{ started: 1, openedBy: 1 }],
      steps: [],
      taskFaults: [],
      attributes: {},
      degraded: false,
      lastEvent: 1,
    };
    facts.fn({ runId: "r" }, { trace, after: 0, historyLength: 3, discarded: [] });
    facts.fn({ runId: "r" }, { trace, after: 0, historyLength: 6, discarded: [] });
    await expect(tracing.flush()).resolves.toBeUndefined();
    // Said once a kind, however often it happens.
    expect(warnings).toEqual([
      expect.stringContaining("facts_not_projected"),
      "durascope: businessKeys threw TypeError (business_keys_failed)",
    ]);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it("measures and logs what facts say, once though they are told again", async () => {
    const metrics = memoryMetrics();
    const bodies: unknown[] = [];
    const tracing = workflowTracing({
      spanProcessor: memoryProcessor(),
      meterProvider: metrics.provider,
      loggerProvider: { getLogger: () => ({ emit: ({ body }) => bodies.push(body) }) },
      businessKeys: () => ({ "order.tier": "gold", "order.id": "order-1" }),
      metricAttributes: ["order.tier"],
    });
    const worker: Worker = tracing.configureWorker<Worker>({});
    const facts = factsOf(worker);
    const segment = { started: 1000, openedBy: 1 };
    const trace = {
      engine: "temporal",
      workflowId: "order-1",
      runId: "r",
      firstRunId: "r",
      type: "saga",
      namespace: "n",
      links: [],
      started: 1000,
      redrive: 0,
      segments: [segment],
      steps: [],
      taskFaults: [],
      attributes: {},
      degraded: false,
      lastEvent: 1,
    };
    const told = { trace, after: 0, historyLength: 3, discarded: [] };
    await tracing.runWorker("worker", async () => {
      facts.fn({ runId: "r" }, told);
      facts.fn({ runId: "r" }, told);
      expect(await metrics.values()).toMatchObject({ "workflow.open temporal saga": 1 });
      const ended = { ...segment, ended: 3000, outcome: "completed", closedBy: 2 };
      const closed = { ...trace, segments: [ended], ended: 3000, outcome: "completed" };
      facts.fn({ runId: "r" }, { trace: closed, after: 1, historyLength: 9, discarded: [] });
    });
    expect(await metrics.values()).toMatchObject({
      "workflow.started temporal saga gold": 1,
      "workflow.closed temporal saga gold completed": 1,
      "workflow.duration temporal saga gold completed": 1,
      "workflow.open temporal saga": 0,
    });
    expect(bodies).toEqual(["saga started", "saga completed"]);
  });

  it("flushes when the worker stops, also when it stops by an error", async () => {
    const forceFlush = vi.fn(() => Promise.resolve());
    const tracing = workflowTracing({ spanProcessor: { onEnd: () => undefined, forceFlush } });
    const crash = new Error("worker");
    await expect(tracing.runWorker("w", () => Promise.reject(crash))).rejects.toBe(crash);
    await tracing.runWorker("w", () => Promise.resolve());
    expect(forceFlush).toHaveBeenCalledTimes(2);
  });
});
