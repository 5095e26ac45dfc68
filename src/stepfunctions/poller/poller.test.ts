// Claim: the poller reads only what is new, hands each step on once, and loses nothing, whatever fails or dies around
// it. Proven over recorded histories that grow, on a double of the API; test/integration has the real endpoint.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { sagaOptions } from "../../../examples/order-saga/shared/options.ts";
import {
  awsError,
  type FakeStepFunctions,
  fakeStepFunctions,
  type PlainEvent,
} from "../../../test/doubles/fake-step-functions.ts";
import { SCENARIO_NAMES, stepFunctionsFixture } from "../../../test/support/saga-fixtures.ts";
import type { WorkflowTrace } from "../../core/model.ts";
import type { CheckpointStore, TraceSink } from "../../core/ports.ts";
import { spansOf } from "../../index.ts";
import { traceFromHistory } from "../history.ts";
import { memoryCheckpoints } from "./checkpoints/memory.ts";
import type { StepFunctionsPollerOptions } from "./options.ts";
import { StepFunctionsPoller } from "./poller.ts";

const MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orderSaga";
const ARN = "arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1002";

function eventsOf(scenario: string): readonly PlainEvent[] {
  return stepFunctionsFixture(scenario).events;
}

function arnOf(name: string): string {
  return `arn:aws:states:us-east-1:123456789012:execution:orderSaga:${name}`;
}

/** A sink that keeps the ids and names of what it took, in order. */
function recordingSink(): TraceSink & {
  readonly ids: string[];
  readonly names: string[];
  calls: number;
} {
  const sink = {
    ids: [] as string[],
    names: [] as string[],
    calls: 0,
    async accept(trace: WorkflowTrace, after: number) {
      sink.calls += 1;
      for (const span of spansOf(trace, { after })) {
        sink.ids.push(`${span.traceId}/${span.spanId}`);
        sink.names.push(span.name);
      }
    },
  };
  return sink;
}

function wholeSpanIds(arn: string, events: readonly PlainEvent[]): string[] {
  const result = traceFromHistory(events, { executionArn: arn }, sagaOptions);
  if (!result.ok) throw new Error(result.error.message);
  return spansOf(result.value).map((span) => `${span.traceId}/${span.spanId}`);
}

function poller(
  fake: FakeStepFunctions,
  sink: TraceSink,
  options: StepFunctionsPollerOptions = {},
): StepFunctionsPoller {
  return new StepFunctionsPoller({
    client: fake.api,
    sink,
    traceOptions: sagaOptions,
    callsPerSecond: 1e9,
    since: 0,
    logger: { warn: () => undefined },
    ...options,
  });
}

let fake: FakeStepFunctions;
let sink: ReturnType<typeof recordingSink>;

beforeEach(() => {
  fake = fakeStepFunctions();
  sink = recordingSink();
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe("reading", () => {
  test("a history that is whole already is read in one call and gives all its spans once", async () => {
    const events = eventsOf("approved");
    fake.add(ARN, events);
    await poller(fake, sink, { executionArns: [ARN] }).poll();

    expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
    expect(fake.calls.map(({ name }) => name)).toEqual(["getExecutionHistory"]);
  });

  test.each(SCENARIO_NAMES)(
    "%s, polled after every event, gives each span once, and all of them",
    async (scenario) => {
      const events = eventsOf(scenario);
      const execution = fake.add(ARN, events, 1);
      const one = poller(fake, sink, { executionArns: [ARN] });
      for (; execution.happened < events.length; execution.happened += 1) {
        // oxlint-disable-next-line no-await-in-loop -- each look sees one event more
        await one.poll();
      }
      await one.poll();

      expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
      expect(one.stats()).toMatchObject({ closed: 1, following: 0, events: events.length });
    },
  );

  test("steps are handed on when they end, and a wait when it begins", async () => {
    const events = eventsOf("approved");
    const waits = events.findIndex(({ type }) => type === "TaskSubmitted") + 1;
    fake.add(ARN, events, waits);
    await poller(fake, sink, { executionArns: [ARN] }).poll();

    expect(sink.names).toContain("orderSaga started");
    expect(sink.names).toContain("reserveInventory");
    expect(sink.names).toContain("waiting for approval");
    expect(sink.names).not.toContain("wait approval");
  });

  test("a long history is read forward by pages, and later backwards to the last known event", async () => {
    const events = longHistory(2500);
    const execution = fake.add(ARN, events, 2300);
    const one = poller(fake, sink, { executionArns: [ARN] });
    await one.poll();
    const first = fake.calls.splice(0);
    execution.happened = 2310;
    await one.poll();

    expect(first.map(({ input }) => input)).toMatchObject([
      { reverseOrder: false, maxResults: 1000 },
      { reverseOrder: false, nextToken: "1000" },
      { reverseOrder: false, nextToken: "2000" },
    ]);
    expect(fake.calls.map(({ input }) => input)).toMatchObject([{ reverseOrder: true }]);
    expect(one.stats().events).toBe(2310);
  });

  test("what came in over a thousand events is read backwards by pages and put in order", async () => {
    const events = longHistory(2600);
    const execution = fake.add(ARN, events, 100);
    const one = poller(fake, sink, { executionArns: [ARN] });
    await one.poll();
    execution.happened = events.length;
    await one.poll();

    expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
    expect(one.stats().warnings).toEqual([]);
  });

  test("inputs and outputs are not asked for unless the user wants them", async () => {
    fake.add(ARN, eventsOf("fulfilled"));
    await poller(fake, sink, { executionArns: [ARN] }).poll();
    await poller(fake, sink, { executionArns: [ARN], includeExecutionData: true }).poll();

    expect(
      fake.calls.map(({ input }) => "includeExecutionData" in input && input.includeExecutionData),
    ).toEqual([false, true]);
  });

  test("events behind a hole wait until it is filled", async () => {
    const events = eventsOf("fulfilled");
    const execution = fake.add(ARN, events.toSpliced(9, 1));
    const one = poller(fake, sink, { executionArns: [ARN] });
    await one.poll();
    expect(one.stats().events).toBe(9);
    execution.events = events;
    execution.happened = events.length;
    await one.poll();

    expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
    expect(one.stats().warnings).toEqual([]);
  });

  test("a hole that stays is passed over, and said", async () => {
    const events = eventsOf("fulfilled");
    fake.add(ARN, events.toSpliced(9, 1));
    const one = poller(fake, sink, { executionArns: [ARN] });
    for (let look = 0; look < 5; look += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as it is told here
      await one.poll();
    }
    expect(one.stats().closed).toBe(1);
    expect(one.stats().warnings).toContainEqual(expect.objectContaining({ code: "history_gap" }));
  });
});

/** A history of `count` events: Pass states one after the other. */
function longHistory(count: number): PlainEvent[] {
  const timestamp = "2026-03-02T09:30:00.000Z";
  const events: (PlainEvent & Record<string, unknown>)[] = [
    { id: 1, previousEventId: 0, type: "ExecutionStarted", timestamp },
  ];
  while (events.length < count - 1) {
    const id = events.length + 1;
    const entered = id % 2 === 0;
    const type = entered ? "TaskStateEntered" : "TaskStateExited";
    const details = entered ? "stateEnteredEventDetails" : "stateExitedEventDetails";
    events.push({
      id,
      previousEventId: id === 2 ? 0 : id - 1,
      type,
      timestamp,
      [details]: { name: `step-${Math.floor(id / 2)}` },
    });
  }
  events.push({ id: count, previousEventId: count - 1, type: "ExecutionSucceeded", timestamp });
  return events;
}

describe("discovery", () => {
  test("executions of a state machine are found, running ones and closed ones, and new ones later", async () => {
    const start = Date.UTC(2026, 2, 2);
    fake.add(arnOf("a"), eventsOf("fulfilled"), undefined, start);
    fake.add(arnOf("b"), eventsOf("approved"), 5, start + 1000);
    const one = poller(fake, sink, { stateMachineArns: [MACHINE] });
    await one.poll();
    expect(one.stats()).toMatchObject({ closed: 1, following: 1 });
    fake.add(arnOf("c"), eventsOf("declined"), undefined, start + 2000);
    await one.poll();

    expect(one.stats()).toMatchObject({ closed: 2, following: 1 });
    expect(fake.calls.filter(({ name }) => name === "describeExecution")).toEqual([]);
  });

  test("what closed before `since` is left alone; what runs is followed however old it is", async () => {
    const start = Date.UTC(2026, 2, 2);
    fake.add(arnOf("old"), eventsOf("fulfilled"), undefined, start);
    fake.add(arnOf("old-open"), eventsOf("approved"), 5, start);
    fake.add(arnOf("new"), eventsOf("fulfilled"), undefined, start + 10_000);
    const one = poller(fake, sink, { stateMachineArns: [MACHINE], since: new Date(start + 5000) });
    await one.poll();

    expect(one.stats()).toMatchObject({ closed: 1, following: 1 });
  });

  test("an execution that is given by its ARN is described without its input and output", async () => {
    fake.add(ARN, eventsOf("approved"), 5, Date.UTC(2026, 2, 2));
    const checkpoints = memoryCheckpoints();
    await poller(fake, sink, { stateMachineArns: [MACHINE], checkpoints }).poll();
    await poller(fake, sink, { executionArns: [ARN], checkpoints }).poll();
    const described = fake.calls.filter(({ name }) => name === "describeExecution");
    expect(described.map(({ input }) => input)).toEqual([
      { executionArn: ARN, includedData: "METADATA_ONLY" },
    ]);
  });

  test("a restart with the same checkpoints reads nothing of what is closed again", async () => {
    const checkpoints = memoryCheckpoints();
    for (const name of ["a", "b", "c"]) fake.add(arnOf(name), eventsOf("fulfilled"));
    await poller(fake, sink, { stateMachineArns: [MACHINE], checkpoints }).poll();
    const before = sink.ids.length;
    fake.calls.length = 0;
    await poller(fake, sink, { stateMachineArns: [MACHINE], checkpoints }).poll();

    expect(sink.ids).toHaveLength(before);
    expect(fake.calls.filter(({ name }) => name === "getExecutionHistory")).toEqual([]);
  });

  test("with more executions than may be followed, the others come when there is room", async () => {
    const names = ["a", "b", "c", "d", "e"];
    for (const [i, name] of names.entries())
      fake.add(arnOf(name), eventsOf("fulfilled"), 5, 1000 * i);
    const one = poller(fake, sink, { stateMachineArns: [MACHINE], maxExecutions: 2 });
    await one.poll();
    expect(one.stats()).toMatchObject({ following: 2 });
    expect(one.stats().putOff).toBeGreaterThan(0);
    for (const execution of fake.executions.values()) execution.happened = execution.events.length;
    for (let look = 0; look < 4; look += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as it is told here
      await one.poll();
    }

    expect(one.stats()).toMatchObject({ closed: 5, following: 0 });
    expect(new Set(sink.ids).size).toBe(sink.ids.length);
  });

  test("an Express state machine is said once and left out", async () => {
    fake.before = () => Promise.reject(awsError("StateMachineTypeNotSupported"));
    const warnings: string[] = [];
    const one = poller(fake, sink, {
      stateMachineArns: [MACHINE],
      logger: { warn: (text) => warnings.push(text) },
    });
    await one.poll();
    await one.poll();

    expect(warnings).toHaveLength(1);
    expect(fake.calls).toHaveLength(1);
  });

  test("an execution that was given by its ARN before the first sweep hides none from it", async () => {
    const checkpoints = memoryCheckpoints();
    const { started } = fake.add(arnOf("given"), eventsOf("declined"));
    fake.add(arnOf("older"), eventsOf("fulfilled"), undefined, started - 3_600_000);
    await poller(fake, sink, { executionArns: [arnOf("given")], checkpoints }).poll();
    const one = poller(fake, sink, { stateMachineArns: [MACHINE], checkpoints });
    await one.poll();

    expect(one.stats().closed).toBe(1);
    expect(new Set(sink.ids).size).toBe(sink.ids.length);
  });

  test("an execution that is given by its ARN is followed also after a restart", async () => {
    const checkpoints = memoryCheckpoints();
    const execution = fake.add(ARN, eventsOf("fulfilled"), 5);
    const first = poller(fake, sink, { checkpoints });
    await first.follow(ARN);
    await first.poll();
    execution.happened = execution.events.length;
    const second = poller(fake, sink, { checkpoints });
    await second.poll();

    expect(second.stats().closed).toBe(1);
    expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, execution.events).toSorted());
  });
});

describe("restart", () => {
  test.each(SCENARIO_NAMES)(
    "%s: a new poller after every event repeats no id and loses none",
    async (scenario) => {
      const events = eventsOf(scenario);
      const execution = fake.add(ARN, events, 0);
      const checkpoints = memoryCheckpoints();
      while (execution.happened < events.length) {
        execution.happened += 1;
        // oxlint-disable-next-line no-await-in-loop -- one after the other, as it is told here
        await poller(fake, sink, { executionArns: [ARN], checkpoints }).poll();
      }
      expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
    },
  );

  test("a checkpoint whose state cannot be used costs a new reading and repeats nothing", async () => {
    const events = eventsOf("approved");
    const execution = fake.add(ARN, events, 20);
    const store = memoryCheckpoints();
    await poller(fake, sink, { executionArns: [ARN], checkpoints: store }).poll();
    const checkpoint = await store.get(ARN);
    if (checkpoint === undefined) throw new Error("no checkpoint");
    await store.put({ ...checkpoint, state: { version: 0, something: "else" } });
    execution.happened = events.length;
    await poller(fake, sink, { executionArns: [ARN], checkpoints: store }).poll();

    expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
  });

  test("the same ARN with another start is another run", async () => {
    const checkpoints = memoryCheckpoints();
    fake.add(ARN, eventsOf("fulfilled"), undefined, Date.UTC(2026, 2, 2));
    await poller(fake, sink, { stateMachineArns: [MACHINE], checkpoints }).poll();
    const before = sink.ids.length;
    fake.add(ARN, eventsOf("declined"), undefined, Date.UTC(2026, 8, 2));
    const one = poller(fake, sink, { stateMachineArns: [MACHINE], checkpoints });
    await one.poll();

    expect(one.stats().closed).toBe(1);
    expect(sink.ids.length - before).toBe(wholeSpanIds(ARN, eventsOf("declined")).length);
  });

  test("a redriven execution is taken up again where it was closed", async () => {
    const events = redrivenHistory();
    const end = events.findIndex(({ type }) => type === "ExecutionFailed") + 1;
    const execution = fake.add(ARN, events, end);
    const checkpoints = memoryCheckpoints();
    const one = poller(fake, sink, { stateMachineArns: [MACHINE], checkpoints });
    await one.poll();
    expect(one.stats().closed).toBe(1);
    const before = sink.names.splice(0);
    execution.happened = events.length;
    execution.redrives = 1;
    await one.poll();

    expect(one.stats().closed).toBe(2);
    expect(before.filter((name) => name === "orderSaga")).toHaveLength(1);
    expect(sink.names).toEqual(
      expect.arrayContaining([
        "orderSaga redriven",
        "chargeCard attempt 1",
        "chargeCard",
        "orderSaga",
      ]),
    );
  });
});

/** As AWS writes it: a redrive's attempt follows from the state's entry, not from ExecutionRedriven. */
function redrivenHistory(): readonly PlainEvent[] {
  const file = new URL(
    "../../../test/fixtures/stepfunctions-synthetic/redriven.json",
    import.meta.url,
  );
  return JSON.parse(readFileSync(file, "utf8")).events;
}

describe("what fails outside", () => {
  test("a sink that rejects gets the same again, until it takes it, and nothing is read meanwhile", async () => {
    const events = eventsOf("approved");
    const execution = fake.add(ARN, events, 12);
    let refuses = 3;
    const picky: TraceSink = {
      accept: (trace, after) =>
        refuses-- > 0 ? Promise.reject(new Error("no")) : sink.accept(trace, after),
    };
    const one = poller(fake, picky, { executionArns: [ARN] });
    for (let look = 0; look < 3; look += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as it is told here
      await one.poll();
    }
    expect(sink.ids).toEqual([]);
    expect(fake.calls).toHaveLength(1);
    execution.happened = events.length;
    await one.poll();

    expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
    expect(one.stats()).toMatchObject({ sinkRejections: 3, closed: 1 });
  });

  test("nothing more goes out before the checkpoint of what went out is written", async () => {
    const events = eventsOf("approved");
    const execution = fake.add(ARN, events, 12);
    const store = memoryCheckpoints();
    let broken = true;
    const checkpoints: CheckpointStore = {
      get: (runId) => store.get(runId),
      put: (checkpoint) =>
        broken ? Promise.reject(new Error("disk full")) : store.put(checkpoint),
      open: () => store.open(),
    };
    const one = poller(fake, sink, { executionArns: [ARN], checkpoints });
    await one.poll();
    const out = sink.ids.length;
    execution.happened = events.length;
    await one.poll();
    expect(sink.ids).toHaveLength(out);
    broken = false;
    await one.poll();

    expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
    expect(one.stats().checkpointErrors).toBe(2);
  });

  test("an execution that is gone is counted, said once, dropped, and not taken up by a restart", async () => {
    const checkpoints = memoryCheckpoints();
    fake.add(ARN, eventsOf("approved"), 12);
    const warnings: string[] = [];
    const options = {
      executionArns: [ARN],
      checkpoints,
      logger: { warn: (text: string) => warnings.push(text) },
    };
    const one = poller(fake, sink, options);
    await one.poll();
    fake.executions.clear();
    await one.poll();
    await one.poll();

    expect(one.stats()).toMatchObject({ gone: 1, following: 0 });
    expect(warnings.filter((text) => text.includes("does not exist"))).toHaveLength(1);
    const again = poller(fake, sink, { checkpoints });
    await again.poll();
    expect(again.stats().following).toBe(0);
  });

  test("an API that fails is tried again later and ends in the same spans", async () => {
    const events = eventsOf("declined");
    fake.add(ARN, events);
    let failures = 4;
    fake.before = () =>
      failures-- > 0 ? Promise.reject(awsError("InternalFailure")) : Promise.resolve();
    const one = poller(fake, sink, { executionArns: [ARN] });
    for (let look = 0; look < 5; look += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as it is told here
      await one.poll();
    }
    expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
    expect(one.stats().apiErrors).toBe(4);
  });

  test("a sink that never answers is given up and does not stop the others", async () => {
    vi.useFakeTimers();
    fake.add(arnOf("stuck"), eventsOf("declined"));
    fake.add(arnOf("fine"), eventsOf("declined"));
    const picky: TraceSink = {
      accept: (trace, after) =>
        trace.workflowId === "stuck"
          ? new Promise<void>(() => undefined)
          : sink.accept(trace, after),
    };
    const one = poller(fake, picky, { stateMachineArns: [MACHINE] });
    const pass = one.poll();
    await vi.advanceTimersByTimeAsync(31_000);
    await pass;

    expect(one.stats()).toMatchObject({ closed: 1, sinkRejections: 1, following: 1 });
  });
});

describe("running by itself", () => {
  test("it finds, follows and stops by timers alone, and stop waits for the hand-over under way", async () => {
    vi.useFakeTimers();
    const events = eventsOf("approved");
    const execution = fake.add(ARN, events, 3);
    let flushed = 0;
    const flushing = { ...sink, flush: async () => void (flushed += 1) };
    const one = poller(fake, flushing, { stateMachineArns: [MACHINE] });
    await one.start();
    await vi.advanceTimersByTimeAsync(10);
    execution.happened = events.length;
    await vi.advanceTimersByTimeAsync(2100);
    await one.stop();

    expect(sink.ids.toSorted()).toEqual(wholeSpanIds(ARN, events).toSorted());
    expect(flushed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an execution that is parked for a day costs few calls, and is noticed within the longest interval", async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 2, 2) });
    const events = eventsOf("approved");
    const waits = events.findIndex(({ type }) => type === "TaskSubmitted") + 1;
    const execution = fake.add(ARN, events, waits);
    const one = poller(fake, sink, { executionArns: [ARN], clock: Date.now });
    await one.start();
    await vi.advanceTimersByTimeAsync(86_400_000);
    const parked = fake.calls.length;
    execution.happened = events.length;
    await vi.advanceTimersByTimeAsync(900_000);

    expect(parked).toBeLessThan(24 * 4 + 12);
    expect(one.stats().closed).toBe(1);
    await one.stop();
  });

  test("whatever fails, no promise is left rejected, and the warnings stay few", async () => {
    vi.useFakeTimers();
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    fake.add(ARN, eventsOf("approved"), 4);
    fake.before = () => Promise.reject(awsError("AccessDeniedException"));
    const warnings: string[] = [];
    const one = poller(fake, sink, {
      stateMachineArns: [MACHINE],
      executionArns: [ARN],
      logger: { warn: (text) => warnings.push(text) },
    });
    await one.start();
    await vi.advanceTimersByTimeAsync(600_000);
    await one.stop();
    process.off("unhandledRejection", note);

    expect(one.stats().apiErrors).toBeGreaterThan(10);
    expect(warnings.length).toBeLessThanOrEqual(11);
    expect(unhandled).toEqual([]);
  });

  test("throttling makes all calls wait, longer each time, and is no failure of the execution", async () => {
    vi.useFakeTimers();
    fake.add(ARN, eventsOf("declined"));
    let throttles = 3;
    fake.before = () =>
      throttles-- > 0 ? Promise.reject(awsError("ThrottlingException")) : Promise.resolve();
    const one = poller(fake, sink, { executionArns: [ARN], minInterval: 10 });
    await one.start();
    await vi.advanceTimersByTimeAsync(900);
    expect(fake.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(7000);
    await one.stop();

    expect(one.stats()).toMatchObject({ throttled: 3, apiErrors: 0, closed: 1 });
  });

  test("calls keep below the budget", async () => {
    vi.useFakeTimers();
    for (let i = 0; i < 100; i += 1) fake.add(arnOf(`open-${i}`), eventsOf("approved"), 4);
    const one = poller(fake, sink, {
      stateMachineArns: [MACHINE],
      callsPerSecond: 5,
      minInterval: 10,
    });
    await one.start();
    await vi.advanceTimersByTimeAsync(10_000);
    await one.stop();

    const cost = fake.calls.reduce((sum, { name }) => sum + (name === "listExecutions" ? 5 : 1), 0);
    expect(cost).toBeLessThanOrEqual(5 * 10 + 5 + 5);
    expect(cost).toBeGreaterThan(40);
  });
});

describe("set-up", () => {
  test("DURASCOPE_DISABLED=true: nothing is called, nothing is kept", async () => {
    vi.stubEnv("DURASCOPE_DISABLED", "true");
    fake.add(ARN, eventsOf("approved"));
    const one = poller(fake, sink, { stateMachineArns: [MACHINE], executionArns: [ARN] });
    await one.start();
    await one.poll();
    await one.follow(ARN);
    await one.stop();

    expect(fake.calls).toEqual([]);
    expect(sink.calls).toBe(0);
  });

  test.each<[string, StepFunctionsPollerOptions]>([
    ["an ARN of an execution that is none", { executionArns: ["order-1"] }],
    [
      "an Express execution",
      { executionArns: ["arn:aws:states:us-east-1:123456789012:express:m:e:1"] },
    ],
    ["an execution's ARN as a state machine's", { stateMachineArns: [ARN] }],
    ["an interval of nothing", { minInterval: 0 }],
    ["a budget that is no number", { callsPerSecond: Number.NaN }],
    ["intervals the wrong way round", { minInterval: 5000, maxInterval: 1000 }],
    ["a date that is none", { since: new Date("never") }],
    ["a misspelt option", JSON.parse('{ "executionsArns": [] }')],
  ])("%s is refused at once, with a code", (_what, options) => {
    expect(() => new StepFunctionsPoller(options)).toThrow(
      expect.objectContaining({ code: "POLLER_OPTION" }),
    );
  });

  test("business keys without the executions' inputs are said at the start", async () => {
    const warnings: string[] = [];
    const one = poller(fake, sink, {
      traceOptions: { businessKeys: () => ({}) },
      logger: { warn: (text) => warnings.push(text) },
    });
    await one.poll();
    expect(warnings).toEqual([expect.stringContaining("includeExecutionData: true")]);
  });
});
