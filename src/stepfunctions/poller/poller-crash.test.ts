// Claim: a poller that dies at any moment loses nothing, and repeats at most what was handed over last and not yet
// written down, under the same ids. Proven by killing it before and after each thing that it waits for, one run a
// kill, and at random moments several times in a run; the next poller has nothing but the checkpoints.
import fc from "fast-check";
import { expect, test } from "vitest";
import { fakeStepFunctions, type PlainEvent } from "../../../test/doubles/fake-step-functions.ts";
import { stepFunctionsFixture } from "../../../test/support/saga-fixtures.ts";
import type { CheckpointStore, TraceSink } from "../../core/ports.ts";
import { spansOf } from "../../index.ts";
import { traceFromHistory } from "../history.ts";
import type { StepFunctionsApi } from "../step-functions-api.ts";
import { memoryCheckpoints } from "./checkpoints/memory.ts";
import { StepFunctionsPoller } from "./poller.ts";

const MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orderSaga";
const HOUR = 3_600_000;
/** Three that the poller sees grow, and two that are closed when it first hears of them. */
const RUNS = ["approved", "undeliverable", "fulfilled", "declined", "refund-fails"].map(
  (scenario, i) => ({
    arn: `arn:aws:states:us-east-1:123456789012:execution:orderSaga:${scenario}`,
    events: stepFunctionsFixture(scenario).events,
    started: Date.UTC(2026, 2, 2) + i * HOUR,
    grows: i < 3,
  }),
);
const CLOSED_AT_LOOK = 2;
/** How much of each history has happened when the poller looks. */
const LOOKS = [0.1, 0.4, 0.45, 0.8, 1, 1];

function idsOf(arn: string, events: readonly PlainEvent[]): string[] {
  const result = traceFromHistory(events, { executionArn: arn });
  if (!result.ok) throw new Error(result.error.message);
  return spansOf(result.value).map(({ traceId, spanId }) => `${traceId}/${spanId}`);
}

const EXPECTED = RUNS.flatMap(({ arn, events }) => idsOf(arn, events)).toSorted();

/** What a process waits for, until it dies: then nothing that it waits for ever comes. */
interface Process {
  /** Lets something happen, unless the process dies before it, and its answer arrive, unless it dies after it. */
  waitFor<Answer>(happening: () => Promise<Answer>): Promise<Answer>;
  readonly died: Promise<"died">;
}

function processThatDiesAt(moment: number): Process {
  let moments = 0;
  let dead = false;
  let die: ((word: "died") => void) | undefined;
  const died = new Promise<"died">((resolve) => (die = resolve));
  const never = new Promise<never>(() => undefined);
  const lives = (): boolean => {
    dead ||= moments++ === moment;
    if (dead) die?.("died");
    return !dead;
  };
  return {
    died,
    async waitFor(happening) {
      if (!lives()) return never;
      const answer = await happening();
      return lives() ? answer : never;
    },
  };
}

/** Plays all looks, with a new process after each death. Gives the ids that went out, and those that may be repeated. */
async function play(
  deaths: readonly number[],
): Promise<{ ids: string[]; repeatable: string[]; died: number }> {
  const fake = fakeStepFunctions();
  for (const { arn, events, started, grows } of RUNS) if (grows) fake.add(arn, events, 0, started);
  const store = memoryCheckpoints();
  const ids: string[] = [];
  const repeatable: string[] = [];
  const unwritten = new Map<string, string[]>();

  function start(moment: number): { poller: StepFunctionsPoller; life: Process } {
    const life = processThatDiesAt(moment);
    const api: StepFunctionsApi = {
      getExecutionHistory: (input) => life.waitFor(() => fake.api.getExecutionHistory(input)),
      listExecutions: (input) => life.waitFor(() => fake.api.listExecutions(input)),
      describeExecution: (input) => life.waitFor(() => fake.api.describeExecution(input)),
    };
    const sink: TraceSink = {
      async accept(trace, after) {
        // The older of the two that come closed is slow: the younger one overtakes it.
        if (trace.workflowId === "declined") await new Promise(setImmediate);
        await life.waitFor(async () => {
          const batch = spansOf(trace, { after }).map(
            ({ traceId, spanId }) => `${traceId}/${spanId}`,
          );
          ids.push(...batch);
          expect(unwritten.get(trace.runId)).toBeUndefined();
          unwritten.set(trace.runId, batch);
        });
      },
    };
    const checkpoints: CheckpointStore = {
      get: (runId) => life.waitFor(() => store.get(runId)),
      put: (checkpoint) =>
        life.waitFor(async () => {
          await store.put(checkpoint);
          unwritten.delete(checkpoint.runId);
        }),
      open: () => store.open(),
    };
    const poller = new StepFunctionsPoller({
      client: api,
      sink,
      checkpoints,
      stateMachineArns: [MACHINE],
      since: 0,
      callsPerSecond: 1e9,
      logger: { warn: () => undefined },
    });
    return { poller, life };
  }

  const moments = [...deaths];
  let now = start(moments.shift() ?? Infinity);
  let died = 0;
  for (const [index, look] of LOOKS.entries()) {
    if (index === CLOSED_AT_LOOK) {
      for (const { arn, events, started, grows } of RUNS) {
        if (!grows) fake.add(arn, events, events.length, started);
      }
    }
    for (const [arn, execution] of fake.executions) {
      if (RUNS.some((run) => run.arn === arn && !run.grows)) continue;
      execution.happened = Math.ceil(execution.events.length * look);
    }
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    while ((await Promise.race([now.poller.poll(), now.life.died])) === "died") {
      died += 1;
      for (const batch of unwritten.values()) repeatable.push(...batch);
      unwritten.clear();
      now = start(moments.shift() ?? Infinity);
    }
  }
  return { ids, repeatable, died };
}

function repeated(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  return ids.filter((id) => seen.has(id) || !seen.add(id));
}

test("it lives: every span once", async () => {
  const { ids } = await play([]);
  expect(ids.toSorted()).toEqual(EXPECTED);
});

test("it dies once, at each moment of its life", async () => {
  let moment = 0;
  for (let died = 1; died === 1; moment += 1) {
    // oxlint-disable-next-line no-await-in-loop -- until it outlives the moment
    const result = await play([moment]);
    died = result.died;
    expect([...new Set(result.ids)].toSorted(), `lost when it died at ${moment}`).toEqual(EXPECTED);
    for (const id of repeated(result.ids)) {
      expect(result.repeatable, `repeated when it died at ${moment}`).toContain(id);
    }
  }
  // Three runs, six looks: a test that hardly kills would prove nothing.
  expect(moment).toBeGreaterThan(80);
});

test("it dies several times, at any moments", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 40 }), { maxLength: 8 }), async (deaths) => {
      const result = await play(deaths);
      expect([...new Set(result.ids)].toSorted()).toEqual(EXPECTED);
      const allowed = [...result.repeatable];
      for (const id of repeated(result.ids)) {
        expect(allowed).toContain(id);
        allowed.splice(allowed.indexOf(id), 1);
      }
    }),
    { numRuns: 60 },
  );
});
