import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import { fakeDatadogTracer } from "../../test/doubles/datadog-tracer.ts";
import type { ActiveIdentity } from "./active-identity.ts";
import { runWithDatadogSpan } from "./datadog-span.ts";

const identity: ActiveIdentity = {
  engine: "temporal",
  workflowId: "order-1",
  runId: "run-1",
  namespace: "default",
  workflowType: "orderSaga",
  stepName: "chargeCard",
  attempt: 2,
  traceId: `f000000000000001${"e".repeat(16)}`,
  spanId: "f".repeat(16),
};

describe("runWithDatadogSpan, where no span is active,", () => {
  it("starts one below the attempt, in its trace, with the ids", () => {
    const tracer = fakeDatadogTracer();
    const seen = runWithDatadogSpan(tracer, identity, () => tracer.scope().active());
    const [span] = tracer.spans;
    expect(seen).toBe(span);
    expect(span).toMatchObject({
      name: "workflow.step",
      traceId: identity.traceId,
      parentId: identity.spanId,
      finished: true,
      tags: {
        "resource.name": "chargeCard",
        "workflow.engine": "temporal",
        "workflow.id": "order-1",
        "workflow.run_id": "run-1",
        "workflow.step.attempt": 2,
        "workflow.outcome": "completed",
      },
    });
    expect(span?.tags).not.toHaveProperty("error");
  });

  it("announces all 64 bits of the ids in Datadog's headers, too", () => {
    const tracer = fakeDatadogTracer();
    const extract = vi.spyOn(tracer, "extract");
    runWithDatadogSpan(tracer, identity, () => undefined);
    expect(extract).toHaveBeenCalledWith("http_headers", {
      traceparent: `00-${identity.traceId}-${identity.spanId}-01`,
      "x-datadog-trace-id": "17216961135462248174",
      "x-datadog-parent-id": "18446744073709551615",
      "x-datadog-sampling-priority": "1",
      "x-datadog-tags": "_dd.p.tid=f000000000000001",
    });
  });

  it("keeps the caller's baggage, which extract would drop", () => {
    const tracer = fakeDatadogTracer();
    const baggage = new AsyncLocalStorage<string | undefined>();
    const extract = tracer.extract.bind(tracer);
    vi.spyOn(tracer, "extract").mockImplementation((format, carrier) => {
      baggage.enterWith(undefined);
      return extract(format, carrier);
    });
    baggage.run("tenant", () => {
      expect(runWithDatadogSpan(tracer, identity, () => baggage.getStore())).toBe("tenant");
    });
    expect(tracer.spans[0]?.traceId).toBe(identity.traceId);
  });

  it("ends it when the promise does, and gives the promise itself", async () => {
    const tracer = fakeDatadogTracer();
    const { promise, resolve } = Promise.withResolvers<string>();
    const given = runWithDatadogSpan(tracer, identity, () => promise);
    expect(given).toBe(promise);
    expect(tracer.spans[0]?.finished).toBe(false);
    resolve("done");
    await expect(given).resolves.toBe("done");
    expect(tracer.spans[0]).toMatchObject({ finished: true });
  });

  it("does not call the then of what is no promise, which may begin a query", () => {
    const tracer = fakeDatadogTracer();
    // oxlint-disable-next-line unicorn/no-thenable -- query builders are such
    const query = { then: vi.fn<() => void>() };
    expect(runWithDatadogSpan(tracer, identity, () => query)).toBe(query);
    expect(query.then).not.toHaveBeenCalled();
    expect(tracer.spans[0]?.finished).toBe(true);
  });

  it.each(["at once", "by a promise"])(
    "tells of an error that comes %s, and passes it on",
    async (how) => {
      const tracer = fakeDatadogTracer();
      const error = new TypeError("secret");
      const fail = (): Promise<never> => {
        if (how === "at once") throw error;
        return Promise.reject(error);
      };
      await expect(async () => runWithDatadogSpan(tracer, identity, fail)).rejects.toBe(error);
      expect(tracer.spans[0]).toMatchObject({
        finished: true,
        tags: { error: true, "error.type": "TypeError", "workflow.outcome": "failed" },
      });
      expect(JSON.stringify(tracer.spans[0]?.tags)).not.toContain("secret");
    },
  );

  it("tells an ending as its engine does: benign failures and cancellations are no errors", () => {
    const tracer = fakeDatadogTracer();
    const fail = (): never => {
      throw new Error("no");
    };
    const benign = { type: "Expected", message: "kept", benign: true };
    for (const ending of [
      { outcome: "failed", failure: benign },
      { outcome: "cancelled" },
      { outcome: "failed", failure: { type: "T", message: "kept" } },
    ] as const)
      expect(() => runWithDatadogSpan(tracer, identity, fail, { endingOf: () => ending })).toThrow(
        "no",
      );
    const [expected, cancelled, failed] = tracer.spans;
    expect(expected?.tags).not.toHaveProperty("error");
    expect(cancelled?.tags).toMatchObject({ "workflow.outcome": "cancelled" });
    expect(cancelled?.tags).not.toHaveProperty("error");
    expect(failed?.tags).toMatchObject({ "error.type": "T", "error.message": "kept" });
  });

  it("says so when dd-trace does not take the trace id, and carries the ids all the same", () => {
    const tracer = fakeDatadogTracer(true);
    const troubles: string[] = [];
    const onTrouble = (message: string): void => void troubles.push(message);
    expect(runWithDatadogSpan(tracer, identity, () => "value", { onTrouble })).toBe("value");
    expect(troubles).toEqual([expect.stringContaining("DD_TRACE_PROPAGATION_STYLE_EXTRACT")]);
    expect(tracer.spans[0]).toMatchObject({ finished: true, tags: { "workflow.id": "order-1" } });
  });

  it.each([
    { enabled: undefined, told: [expect.stringMatching(/^dd-trace traces nothing/)] },
    { enabled: "false", told: [] },
  ])("of a tracer that is off, and DD_TRACE_ENABLED=$enabled, only calls", ({ enabled, told }) => {
    vi.stubEnv("DD_TRACE_ENABLED", enabled);
    const zeros = {
      toTraceId: () => "0".repeat(32),
      toSpanId: () => "0".repeat(16),
      toTraceparent: () => "",
    };
    const finish = vi.fn<() => void>();
    const off = {
      ...fakeDatadogTracer(),
      startSpan: () => ({ context: () => zeros, setTag: () => undefined, finish }),
    };
    const troubles: string[] = [];
    const onTrouble = (message: string): void => void troubles.push(message);
    expect(runWithDatadogSpan(off, identity, () => "value", { onTrouble })).toBe("value");
    expect(troubles).toEqual(told);
    expect(finish).not.toHaveBeenCalled();
    vi.unstubAllEnvs();
  });

  it("leaves no span open when the logger throws", () => {
    const tracer = fakeDatadogTracer(true);
    const onTrouble = (): never => {
      throw new Error("logger");
    };
    expect(runWithDatadogSpan(tracer, identity, () => "value", { onTrouble })).toBe("value");
    expect(tracer.spans[0]?.finished).toBe(true);
  });
});

describe("runWithDatadogSpan, where a span is active,", () => {
  it("tags it and starts none", () => {
    const tracer = fakeDatadogTracer();
    tracer.inside("aws.lambda", (around) => {
      expect(runWithDatadogSpan(tracer, identity, () => tracer.scope().active())).toBe(around);
    });
    expect(tracer.spans).toMatchObject([
      { name: "aws.lambda", finished: false, tags: { "workflow.id": "order-1" } },
    ]);
  });

  it("takes a span around the whole worker for none", () => {
    const tracer = fakeDatadogTracer();
    tracer.inside("main", (around) => {
      const surrounding = new WeakSet<object>([around]);
      runWithDatadogSpan(tracer, identity, () => undefined, { surrounding });
    });
    const [main, step] = tracer.spans;
    expect(main?.tags).toEqual({});
    expect(step).toMatchObject({ name: "workflow.step", traceId: identity.traceId });
  });
});

describe("whatever fails in dd-trace,", () => {
  it.each(["scope", "extract", "startSpan"] as const)(
    "the step runs once when %s throws",
    (method) => {
      const tracer = fakeDatadogTracer();
      vi.spyOn(tracer, method).mockImplementation(() => {
        throw new Error("dd-trace");
      });
      const run = vi.fn<() => string>(() => "value");
      expect(runWithDatadogSpan(tracer, identity, run)).toBe("value");
      expect(run).toHaveBeenCalledOnce();
    },
  );

  it.each(["before", "after"])("the step runs once when activate throws %s it", (when) => {
    const tracer = fakeDatadogTracer();
    const activate = (_span: unknown, inner: () => unknown): never => {
      if (when === "after") inner();
      throw new Error("dd-trace");
    };
    vi.spyOn(tracer, "scope").mockReturnValue({ active: () => null, activate });
    const run = vi.fn<() => string>(() => "value");
    expect(runWithDatadogSpan(tracer, identity, run)).toBe("value");
    expect(run).toHaveBeenCalledOnce();
  });

  it("the result stays when tags and the end are refused", async () => {
    const tracer = fakeDatadogTracer();
    const start = tracer.startSpan.bind(tracer);
    vi.spyOn(tracer, "startSpan").mockImplementation((name, options) => ({
      ...start(name, options),
      setTag() {
        throw new Error("dd-trace");
      },
    }));
    await expect(runWithDatadogSpan(tracer, identity, async () => "value")).resolves.toBe("value");
  });
});
