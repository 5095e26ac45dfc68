// Claim: what a poller counts is what happened, each thing once, however it comes to know of it; what a crash makes it
// hand on again it counts again. The gauges show what it follows, also after a restart.
import { describe, expect, test } from "vitest";
import { sagaOptions } from "../../../examples/order-saga/shared/options.ts";
import {
  awsError,
  fakeStepFunctions,
  type PlainEvent,
} from "../../../test/doubles/fake-step-functions.ts";
import { type MemoryMetrics, memoryMetrics } from "../../../test/doubles/memory-metrics.ts";
import { SCENARIO_NAMES, stepFunctionsFixture } from "../../../test/support/saga-fixtures.ts";
import type { TraceSink } from "../../core/ports.ts";
import { warningLog } from "../../core/result.ts";
import { measurementsOf } from "../../projection/measurements.ts";
import { traceFromHistory } from "../history.ts";
import type { StepFunctionsApi } from "../step-functions-api.ts";
import { memoryCheckpoints } from "./checkpoints/memory.ts";
import { pollerMetrics } from "./metrics.ts";
import { pollerSettings, type StepFunctionsPollerOptions } from "./options.ts";
import { overdue } from "./overdue.ts";
import { StepFunctionsPoller } from "./poller.ts";

const ARN = "arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1002";
const TAKES_ALL: TraceSink = { accept: () => Promise.resolve() };

function poller(
  api: StepFunctionsApi,
  metrics: MemoryMetrics,
  options: StepFunctionsPollerOptions = {},
): StepFunctionsPoller {
  return new StepFunctionsPoller({
    client: api,
    sink: TAKES_ALL,
    executionArns: [ARN],
    traceOptions: sagaOptions,
    callsPerSecond: 1e9,
    since: 0,
    logger: { warn: () => undefined },
    meterProvider: metrics.provider,
    ...options,
  });
}

/** What counts of workflows, without gauges and without what tells of the poller itself. */
async function counted({ values }: MemoryMetrics): Promise<Readonly<Record<string, number>>> {
  const all = Object.entries(await values());
  return Object.fromEntries(
    all.filter(([name]) => name.startsWith("workflow.") && !/open|waiting/.test(name)),
  );
}

/** The same of the whole history at once. */
function expected(events: readonly PlainEvent[]): Record<string, number> {
  const trace = traceFromHistory(events, { executionArn: ARN }, sagaOptions);
  if (!trace.ok) throw new Error(trace.error.message);
  return { total: measurementsOf(trace.value).length };
}

const total = (values: Readonly<Record<string, number>>): Record<string, number> => ({
  total: Object.values(values).reduce((sum, value) => sum + value, 0),
});

describe("counting", () => {
  test.each(SCENARIO_NAMES)(
    "%s, polled after every event, counts each thing once",
    async (name) => {
      const { events } = stepFunctionsFixture(name);
      const fake = fakeStepFunctions();
      const execution = fake.add(ARN, events, 1);
      const metrics = memoryMetrics();
      const one = poller(fake.api, metrics);
      for (; execution.happened < events.length; execution.happened += 1) {
        // oxlint-disable-next-line no-await-in-loop -- each look sees one event more
        await one.poll();
      }
      await one.poll();
      await one.poll();
      const all = await counted(metrics);
      expect(total(all)).toEqual(expected(events));
      expect(all["workflow.started aws_step_functions orderSaga"]).toBe(1);
    },
  );

  test("what the sink rejects counts when it is taken, once", async () => {
    const { events } = stepFunctionsFixture("declined");
    const fake = fakeStepFunctions();
    fake.add(ARN, events);
    const metrics = memoryMetrics();
    let refuses = 2;
    const sink: TraceSink = {
      accept: () => (refuses-- > 0 ? Promise.reject(new Error("no")) : Promise.resolve()),
    };
    const one = poller(fake.api, metrics, { sink });
    await one.poll();
    expect(await counted(metrics)).toEqual({});
    await one.poll();
    await one.poll();
    expect(total(await counted(metrics))).toEqual(expected(events));
  });

  test("after a restart nothing that was written down counts again", async () => {
    const { events } = stepFunctionsFixture("approved");
    const fake = fakeStepFunctions();
    const execution = fake.add(ARN, events, 12);
    const metrics = memoryMetrics();
    const checkpoints = memoryCheckpoints();
    await poller(fake.api, metrics, { checkpoints }).poll();
    execution.happened = events.length;
    await poller(fake.api, metrics, { checkpoints }).poll();
    expect(total(await counted(metrics))).toEqual(expected(events));
  });

  test("what was acknowledged and not written down counts again after a crash", async () => {
    const { events } = stepFunctionsFixture("declined");
    const fake = fakeStepFunctions();
    fake.add(ARN, events);
    const metrics = memoryMetrics();
    const store = memoryCheckpoints();
    const forgetful = {
      get: store.get.bind(store),
      open: store.open.bind(store),
      put: () => Promise.reject(new Error("disk full")),
    };
    await poller(fake.api, metrics, { checkpoints: forgetful }).poll();
    await poller(fake.api, metrics, { checkpoints: forgetful }).poll();
    const all = await counted(metrics);
    expect(all["workflow.closed aws_step_functions orderSaga failed"]).toBe(2);
  });

  test("events, and those of unknown types, and calls by how they ended", async () => {
    const { events } = stepFunctionsFixture("declined");
    const odd = { ...events[3], id: 4, type: "SomethingNew" };
    const fake = fakeStepFunctions();
    fake.add(ARN, [...events.slice(0, 3), odd, ...events.slice(4)]);
    const answers = [awsError("ThrottlingException"), awsError("AccessDeniedException")];
    fake.before = async () => {
      const error = answers.shift();
      if (error !== undefined) throw error;
    };
    const metrics = memoryMetrics();
    let now = 0;
    const one = poller(fake.api, metrics, { clock: () => (now += 100_000) });
    await one.poll();
    await one.poll();
    await one.poll();
    const values = await metrics.values();
    expect(values).toMatchObject({
      "durascope.history.events aws_step_functions": events.length,
      "durascope.history.unknown_events aws_step_functions": 1,
      "durascope.poller.api_calls getExecutionHistory throttled": 1,
      "durascope.poller.api_calls getExecutionHistory error": 1,
      "durascope.poller.api_calls getExecutionHistory ok": 1,
    });
  });

  test("a poller that has nothing to do is there all the same", async () => {
    const fake = fakeStepFunctions();
    const metrics = memoryMetrics();
    await poller(fake.api, metrics, { executionArns: [] }).poll();
    expect(await metrics.values()).toMatchObject({
      "durascope.spans.exported": 0,
      "durascope.spans.late": 0,
      "durascope.spans.dropped": 0,
    });
  });

  test("business attributes that were chosen are labels of whole runs", async () => {
    const { events } = stepFunctionsFixture("declined");
    const withInput = events.map((event) =>
      event.type === "ExecutionStarted"
        ? Object.assign({}, event, {
            executionStartedEventDetails: { input: JSON.stringify({ tier: "gold" }) },
          })
        : event,
    );
    const fake = fakeStepFunctions();
    fake.add(ARN, withInput);
    const metrics = memoryMetrics();
    await poller(fake.api, metrics, {
      includeExecutionData: true,
      metricAttributes: ["order.tier"],
      traceOptions: {
        businessKeys: ({ input }) => ({ "order.tier": (input as { tier: string }).tier }),
      },
    }).poll();
    const values = await counted(metrics);
    expect(values["workflow.started aws_step_functions orderSaga gold"]).toBe(1);
  });
});

test("of a history's warnings only unknown events are counted", async () => {
  const metrics = memoryMetrics();
  const options = { meterProvider: metrics.provider };
  const log = warningLog();
  const counting = pollerMetrics(options, pollerSettings(options)).warnings(log);
  counting.add("guessed_pair", "a pair was guessed");
  counting.add("unknown_event", "unknown event type SomethingNew");
  expect(await metrics.values()).toEqual({
    "durascope.history.unknown_events aws_step_functions": 1,
  });
  expect(counting.list()).toEqual(log.list());
  expect(log.list()).toHaveLength(2);
});

test("metricAttributes that are no list of keys are refused", () => {
  const wrong: object = { metricAttributes: "order.tier" };
  expect(() => new StepFunctionsPoller(wrong)).toThrow(
    expect.objectContaining({ code: "POLLER_OPTION" }),
  );
});

describe("gauges", () => {
  test("show what is open and waits, also after a restart, and not what is gone", async () => {
    const { events } = stepFunctionsFixture("approved");
    const fake = fakeStepFunctions();
    fake.add(ARN, events, 12);
    const checkpoints = memoryCheckpoints();
    const metrics = memoryMetrics();
    const first = poller(fake.api, metrics, { checkpoints });
    await first.poll();
    const shown = {
      "workflow.open aws_step_functions orderSaga": 1,
      "workflow.waiting aws_step_functions orderSaga approval task_token": 1,
    };
    expect(await metrics.values()).toMatchObject(shown);
    await first.stop();
    const none = Object.fromEntries(Object.keys(shown).map((name) => [name, 0]));
    expect(await metrics.values()).toMatchObject(none);

    const second = poller(fake.api, metrics, { checkpoints });
    await second.poll();
    expect(await metrics.values()).toMatchObject(shown);
    fake.executions.clear();
    await second.poll();
    expect(await metrics.values()).toMatchObject(none);
    const started = "workflow.started aws_step_functions orderSaga";
    expect((await metrics.values())[started]).toBe(1);
  });

  test("show for how long a read is overdue, whatever keeps it from being made", async () => {
    const { events } = stepFunctionsFixture("approved");
    const fake = fakeStepFunctions();
    fake.add(ARN, events, 12);
    const metrics = memoryMetrics();
    let now = Date.parse("2026-11-26T00:00:00Z");
    const one = poller(fake.api, metrics, { clock: () => now, maxInterval: 60_000 });
    await one.poll();
    expect((await metrics.values())["durascope.poller.lag"]).toBe(0);
    fake.before = () => Promise.reject(awsError("ServiceUnavailable"));
    now += 600_000;
    await one.poll();
    const lag = (await metrics.values())["durascope.poller.lag"];
    expect(lag).toBeGreaterThanOrEqual(500);
    fake.before = () => Promise.resolve();
    await one.poll();
    expect((await metrics.values())["durascope.poller.lag"]).toBe(0);
  });
});

test("an account of what is overdue tells the most overdue, and forgets what is over", () => {
  let now = 0;
  const due = overdue(() => now);
  expect(due.lag()).toBe(0);
  due.within("a", 10);
  due.within("b", 20);
  now = 15;
  expect(due.lag()).toBe(5);
  due.over("a");
  expect(due.lag()).toBe(0);
});
