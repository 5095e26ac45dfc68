// Claim: what comes up in weeks of running loses no execution and stops no other: restarts after long outages, more
// executions than may be followed, throttling in the middle of long lists, a clock that is set back, a store that hangs.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  awsError,
  type FakeStepFunctions,
  fakeStepFunctions,
  type PlainEvent,
} from "../../../test/doubles/fake-step-functions.ts";
import { stepFunctionsFixture } from "../../../test/support/saga-fixtures.ts";
import type { Checkpoint, CheckpointStore, TraceSink } from "../../core/ports.ts";
import { spansOf } from "../../index.ts";
import { traceFromHistory } from "../history.ts";
import type { StepFunctionsApi } from "../step-functions-api.ts";
import { memoryCheckpoints } from "./checkpoints/memory.ts";
import type { StepFunctionsPollerOptions } from "./options.ts";
import { StepFunctionsPoller } from "./poller.ts";

const MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orderSaga";
const NOW = Date.UTC(2026, 2, 2);
const HOUR = 3_600_000;
const APPROVED = stepFunctionsFixture("approved").events;
const DECLINED = stepFunctionsFixture("declined").events;

let fake: FakeStepFunctions;
let names: string[];
let ids: string[];

const sink: TraceSink = {
  async accept(trace, after) {
    const spans = spansOf(trace, { after });
    ids.push(...spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`));
    if (trace.outcome !== undefined) names.push(trace.workflowId);
  },
};

beforeEach(() => {
  fake = fakeStepFunctions();
  names = [];
  ids = [];
});

afterEach(() => void vi.useRealTimers());

function arnOf(name: string): string {
  return `arn:aws:states:us-east-1:123456789012:execution:orderSaga:${name}`;
}

function poller(options: StepFunctionsPollerOptions): StepFunctionsPoller {
  return new StepFunctionsPoller({
    client: fake.api,
    sink,
    callsPerSecond: 1e9,
    logger: { warn: () => undefined },
    ...options,
  });
}

function wholeSpanIds(arn: string, events: readonly PlainEvent[]): string[] {
  const result = traceFromHistory(events, { executionArn: arn });
  if (!result.ok) throw new Error(result.error.message);
  return spansOf(result.value).map(({ traceId, spanId }) => `${traceId}/${spanId}`);
}

function calls(name: string): readonly object[] {
  return fake.calls.filter((call) => call.name === name).map(({ input }) => input);
}

test("after an outage of days the executions that began and ended in it are found", async () => {
  const checkpoints = memoryCheckpoints();
  fake.add(arnOf("before"), DECLINED, undefined, NOW - 60_000);
  await poller({ stateMachineArns: [MACHINE], checkpoints, clock: () => NOW }).poll();
  fake.add(arnOf("meanwhile"), DECLINED, undefined, NOW + HOUR);
  const later = poller({ stateMachineArns: [MACHINE], checkpoints, clock: () => NOW + 72 * HOUR });
  await later.poll();

  expect(names).toEqual(["before", "meanwhile"]);
});

test("`since` further back than before finds what was left out, and gives nothing twice", async () => {
  const checkpoints = memoryCheckpoints();
  const options = { stateMachineArns: [MACHINE], checkpoints };
  fake.add(arnOf("old"), DECLINED, undefined, NOW - 50 * HOUR);
  fake.add(arnOf("new"), DECLINED, undefined, NOW - HOUR);
  await poller({ ...options, since: NOW - 2 * HOUR }).poll();
  await poller({ ...options, since: NOW - 60 * HOUR }).poll();

  expect(names).toEqual(["new", "old"]);
});

test("executions that are given by their ARNs beyond maxExecutions come when there is room", async () => {
  vi.useFakeTimers();
  const given = ["a", "b", "c"].map(arnOf);
  for (const arn of given) fake.add(arn, DECLINED);
  const one = poller({ executionArns: given, maxExecutions: 1, minInterval: 1 });
  await one.start();
  await vi.advanceTimersByTimeAsync(1000);
  await one.stop();

  expect(names).toEqual(["a", "b", "c"]);
  expect(one.stats().putOff).toBe(2);
});

test("what finds no room is asked of the store once, however often lists give it", async () => {
  for (let i = 0; i < 50; i += 1) fake.add(arnOf(`parked-${i}`), APPROVED, 4, NOW + i);
  const store = memoryCheckpoints();
  let asked = 0;
  const counting: CheckpointStore = {
    ...store,
    get(runId) {
      asked += 1;
      return store.get(runId);
    },
  };
  const options = { stateMachineArns: [MACHINE], since: NOW, checkpoints: counting };
  const one = poller({ ...options, maxExecutions: 10 });
  await one.poll();
  asked = 0;
  for (let sweep = 0; sweep < 5; sweep += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await one.poll();
  }
  expect(one.stats()).toMatchObject({ following: 10, putOff: 40 });
  expect(asked).toBe(0);
});

test("of thousands that close within a minute none is read twice, without a store of one's own", async () => {
  for (let i = 0; i < 3000; i += 1) fake.add(arnOf(`e${i}`), DECLINED, undefined, NOW + i);
  const listed = [...fake.executions].map(([executionArn, { started }]) => ({
    executionArn,
    status: "FAILED",
    startDate: new Date(started),
    redriveCount: 0,
  }));
  const client: StepFunctionsApi = {
    ...fake.api,
    listExecutions: async ({ statusFilter }) => ({
      executions: statusFilter === undefined ? listed.toReversed() : [],
    }),
  };
  const one = poller({ client, stateMachineArns: [MACHINE], since: NOW });
  await one.poll();
  await one.poll();

  expect(one.stats().closed).toBe(3000);
  expect(calls("getExecutionHistory")).toHaveLength(3000);
});

test("a redriven execution that finds no room is taken up when there is some", async () => {
  const file = new URL(
    "../../../test/fixtures/stepfunctions-synthetic/redriven.json",
    import.meta.url,
  );
  const events: readonly PlainEvent[] = JSON.parse(readFileSync(file, "utf8")).events;
  const end = events.findIndex(({ type }) => type === "ExecutionFailed") + 1;
  const redriven = fake.add(arnOf("redriven"), events, end, NOW);
  const one = poller({ stateMachineArns: [MACHINE], since: NOW, maxExecutions: 1 });
  await one.poll();
  const parked = fake.add(arnOf("parked"), APPROVED, 4, NOW + 1000);
  await one.poll();
  redriven.happened = events.length;
  redriven.redrives = 1;
  await one.poll();
  parked.happened = APPROVED.length;
  await one.poll();
  await one.poll();

  expect(names).toEqual(["redriven", "parked", "redriven"]);
});

test("a store that does not tell what is open keeps the poller from nothing else", async () => {
  vi.useFakeTimers();
  const store = memoryCheckpoints();
  const hanging: CheckpointStore = {
    ...store,
    open: async function* () {
      yield await new Promise<Checkpoint>(() => undefined);
    },
  };
  fake.add(arnOf("a"), DECLINED, undefined, NOW);
  const one = poller({ stateMachineArns: [MACHINE], since: NOW, checkpoints: hanging });
  await one.start();
  await vi.advanceTimersByTimeAsync(40_000);
  await one.stop();

  expect(names).toEqual(["a"]);
  expect(one.stats().checkpointErrors).toBe(1);
});

test("a list that is throttled in its middle goes on there", async () => {
  vi.useFakeTimers();
  for (let i = 0; i < 3500; i += 1) fake.add(arnOf(`e${i}`), [], 0, NOW + i);
  let pages = 0;
  fake.before = async (name) => {
    if (name === "listExecutions" && (pages += 1) % 2 === 0) throw awsError("ThrottlingException");
  };
  const one = poller({ stateMachineArns: [MACHINE], since: NOW, maxExecutions: 1 });
  const pass = one.poll();
  await vi.advanceTimersByTimeAsync(60_000);
  await pass;

  const recent = calls("listExecutions").filter((input) => !("statusFilter" in input));
  const tokens = recent.map((input) => ("nextToken" in input ? input.nextToken : "0"));
  expect([...new Set(tokens)]).toEqual(["0", "1000", "2000", "3000"]);
  expect(tokens.length).toBeLessThan(8);
  expect(one.stats().putOff).toBeGreaterThan(3000);
});

test("an API that throttles for ever is called ever more rarely, and the poller stops all the same", async () => {
  vi.useFakeTimers();
  fake.add(arnOf("a"), APPROVED, 4);
  fake.before = () => Promise.reject(awsError("ThrottlingException"));
  const warnings: string[] = [];
  const one = poller({
    executionArns: [arnOf("a")],
    logger: { warn: (text) => warnings.push(text) },
  });
  await one.start();
  await vi.advanceTimersByTimeAsync(HOUR);
  await one.stop();

  expect(fake.calls.length).toBeGreaterThan(50);
  expect(fake.calls.length).toBeLessThan(70);
  expect(one.stats()).toMatchObject({ throttled: fake.calls.length, apiErrors: 0, faults: 0 });
  expect(warnings[0]).toContain("AWS refuses getExecutionHistory");
});

test.each(["", ":PROD", ":7"])(
  "what ended while it was parked is read within some sweeps: state machine ARN with %o",
  async (qualifier) => {
    vi.useFakeTimers();
    const waits = APPROVED.findIndex(({ type }) => type === "TaskSubmitted") + 1;
    const execution = fake.add(arnOf("parked"), APPROVED, waits, NOW);
    const one = poller({
      stateMachineArns: [`${MACHINE}${qualifier}`],
      since: NOW,
      sweepInterval: 10_000,
    });
    await one.start();
    await vi.advanceTimersByTimeAsync(2 * HOUR);
    execution.happened = APPROVED.length;
    await vi.advanceTimersByTimeAsync(60_000);
    await one.stop();

    expect(names).toEqual(["parked"]);
  },
);

test("one that may not be read is left alone for a minute, though the list says that it ended", async () => {
  vi.useFakeTimers();
  const execution = fake.add(arnOf("secret"), APPROVED, 4, NOW);
  fake.before = (name) =>
    name === "getExecutionHistory"
      ? Promise.reject(awsError("AccessDeniedException"))
      : Promise.resolve();
  const one = poller({ stateMachineArns: [MACHINE], since: NOW });
  await one.start();
  await vi.advanceTimersByTimeAsync(60_000);
  execution.happened = APPROVED.length;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  await one.stop();

  expect(calls("getExecutionHistory").length).toBeLessThan(18);
});

test("a state machine that may not be listed keeps none of the others", async () => {
  const other = MACHINE.replace("orderSaga", "other");
  fake.add(arnOf("fine"), DECLINED, undefined, NOW);
  const client: StepFunctionsApi = {
    ...fake.api,
    listExecutions: (input) =>
      input.stateMachineArn === other
        ? Promise.reject(awsError("AccessDeniedException"))
        : fake.api.listExecutions(input),
  };
  const warnings: string[] = [];
  const one = poller({
    client,
    stateMachineArns: [other, MACHINE],
    since: NOW,
    logger: { warn: (text) => warnings.push(text) },
  });
  await one.poll();

  expect(names).toEqual(["fine"]);
  expect(warnings).toEqual([
    `durascope: listExecutions of state machine ${other} failed with AccessDeniedException; it is tried again`,
  ]);
});

test("one that AWS does not know yet is waited for, and one that it never knows is dropped", async () => {
  vi.useFakeTimers();
  const one = poller({});
  await one.start();
  await one.follow(arnOf("just-started"));
  await one.follow(arnOf("no-such"));
  await vi.advanceTimersByTimeAsync(3000);
  fake.add(arnOf("just-started"), DECLINED);
  await vi.advanceTimersByTimeAsync(60_000);
  await one.stop();

  expect(names).toEqual(["just-started"]);
  expect(one.stats()).toMatchObject({ closed: 1, gone: 1, following: 0 });
  expect(calls("getExecutionHistory").length).toBeLessThan(8);
});

test("a list from before an execution's end does not have it read again", async () => {
  fake.add(arnOf("a"), DECLINED, undefined, NOW);
  const client: StepFunctionsApi = {
    ...fake.api,
    async listExecutions(input) {
      const { executions = [] } = await fake.api.listExecutions(input);
      return { executions: executions.map((one) => ({ ...one, status: "RUNNING" })) };
    },
  };
  const one = poller({ client, stateMachineArns: [MACHINE], since: NOW });
  await one.poll();
  await one.poll();

  expect(one.stats().closed).toBe(1);
  expect(calls("getExecutionHistory")).toHaveLength(1);
});

test("a clock that is set back by an hour stops nothing", async () => {
  vi.useFakeTimers();
  let back = 0;
  const execution = fake.add(arnOf("a"), DECLINED, 4);
  const one = poller({
    executionArns: [arnOf("a")],
    clock: () => Date.now() - back,
    callsPerSecond: 10,
  });
  await one.start();
  await vi.advanceTimersByTimeAsync(5000);
  back = HOUR;
  execution.happened = DECLINED.length;
  await vi.advanceTimersByTimeAsync(5000);
  await one.stop();

  expect(names).toEqual(["a"]);
});

test("what was handed over is flushed at the stop, though the store hangs", async () => {
  vi.useFakeTimers();
  fake.add(arnOf("a"), DECLINED);
  let flushed = 0;
  const store = memoryCheckpoints();
  const hanging: CheckpointStore = {
    get: (runId) => store.get(runId),
    put: () => new Promise<void>(() => undefined),
    open: async function* () {
      yield await new Promise<Checkpoint>(() => undefined);
    },
  };
  const one = poller({
    executionArns: [arnOf("a")],
    checkpoints: hanging,
    sink: { ...sink, flush: async () => void (flushed += 1) } as TraceSink,
  });
  await one.start();
  await vi.advanceTimersByTimeAsync(1000);
  const stopped = one.stop();
  await vi.advanceTimersByTimeAsync(61_000);
  await stopped;

  expect(flushed).toBe(1);
});

test("a stop in the middle of a long list waits for none of it", async () => {
  let taken = 0;
  const store = memoryCheckpoints();
  const slow: CheckpointStore = {
    ...store,
    async put(checkpoint) {
      taken += 1;
      await new Promise(setImmediate);
      return store.put(checkpoint);
    },
  };
  for (let i = 0; i < 900; i += 1) fake.add(arnOf(`e${i}`), [], 0, NOW + i);
  const one = poller({ stateMachineArns: [MACHINE], since: NOW, checkpoints: slow });
  await one.start();
  await vi.waitFor(() => expect(taken).toBeGreaterThan(2), { interval: 1 });
  await one.stop();

  expect(taken).toBeLessThan(800);
  expect(one.stats()).toMatchObject({ faults: 0, checkpointErrors: 0 });
});

test("a checkpoint whose state is broken inside costs a new reading, and repeats nothing", async () => {
  const arn = arnOf("a");
  const execution = fake.add(arn, APPROVED, 20);
  const checkpoints = memoryCheckpoints();
  await poller({ executionArns: [arn], checkpoints }).poll();
  const checkpoint = await checkpoints.get(arn);
  if (checkpoint === undefined) throw new Error("no checkpoint");
  const text = JSON.stringify(checkpoint).replace(
    /"frames":\[.*?\],"ofEvent"/,
    '"frames":[null],"ofEvent"',
  );
  await checkpoints.put(JSON.parse(text));
  execution.happened = APPROVED.length;
  const one = poller({ executionArns: [arn], checkpoints });
  await one.poll();
  await one.poll();

  expect(one.stats()).toMatchObject({ faults: 1, closed: 1 });
  expect(ids.toSorted()).toEqual(wholeSpanIds(arn, APPROVED).toSorted());
});

test("what is closed is kept small: no history, and enough to know a redrive and to repeat nothing", async () => {
  const checkpoints = memoryCheckpoints();
  fake.add(arnOf("a"), DECLINED, undefined, NOW);
  await poller({ stateMachineArns: [MACHINE], since: NOW, checkpoints }).poll();
  const kept = JSON.stringify(await checkpoints.get(arnOf("a")));

  expect(kept.length).toBeLessThan(400);
  fake.calls.length = 0;
  await poller({ stateMachineArns: [MACHINE], since: NOW, checkpoints }).poll();
  expect(calls("getExecutionHistory")).toEqual([]);
});

test("a long absence is handed on in portions, each written down", async () => {
  const arn = arnOf("long");
  const timestamp = "2026-03-02T09:30:00.000Z";
  const events: PlainEvent[] = [{ id: 1, type: "ExecutionStarted", timestamp }];
  for (let id = 2; id <= 5000; id += 1) {
    const [type, details] =
      id % 2 === 0
        ? ["PassStateEntered", "stateEnteredEventDetails"]
        : ["PassStateExited", "stateExitedEventDetails"];
    const event = { id, type, timestamp, previousEventId: id - 1 };
    events.push(Object.assign(event, { [details]: { name: `s${Math.floor(id / 2)}` } }));
  }
  const execution = fake.add(arn, events, 10);
  let largest = 0;
  const measuring: TraceSink = {
    async accept(trace, after) {
      largest = Math.max(largest, trace.lastEvent - after);
    },
  };
  const one = poller({ executionArns: [arn], sink: measuring });
  await one.poll();
  execution.happened = events.length;
  await one.poll();

  expect(one.stats().events).toBe(5000);
  expect(largest).toBeLessThanOrEqual(1000);
});
