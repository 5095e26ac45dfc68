/**
 * How many calls the poller makes for an execution: the real poller, over a recorded history that grows as it did, on
 * a clock that is turned by hand.
 */
import { mock } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { sagaOptions } from "../../../examples/order-saga/shared/options.ts";
import { StepFunctionsPoller } from "../../../src/stepfunctions/poller/poller.ts";
import { fakeStepFunctions, type PlainEvent } from "../../../test/doubles/fake-step-functions.ts";

/** Calls of the API that one execution costs from its start to its last event. */
export interface PollerCalls {
  readonly getExecutionHistory: number;
  readonly describeExecution: number;
}

const STEP_MS = 1000;
/** How long the poller goes on after the last event, until it has surely seen it: its longest pause. */
const REST_MS = 16 * 60_000;

/**
 * Follows one execution with the poller's default intervals.
 *
 * @param events - the history, oldest first, with ISO 8601 times, which may span days
 */
export async function pollerCalls(
  executionArn: string,
  events: readonly PlainEvent[],
): Promise<PollerCalls> {
  const times = events.map(({ timestamp }) => Date.parse(String(timestamp)));
  const begin = times[0] ?? 0;
  const end = (times.at(-1) ?? begin) + REST_MS;
  let now = begin;
  const fake = fakeStepFunctions();
  const execution = fake.add(executionArn, events, 1);
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const poller = new StepFunctionsPoller({
      client: fake.api,
      executionArns: [executionArn],
      sink: { accept: () => Promise.resolve() },
      traceOptions: sagaOptions,
      clock: () => now,
      since: begin,
    });
    const started = poller.start();
    while (now < end && poller.stats().closed === 0) {
      now += STEP_MS;
      execution.happened = times.filter((time) => time <= now).length;
      mock.timers.tick(STEP_MS);
      // oxlint-disable-next-line no-await-in-loop -- what the tick set off has to run before the next one
      await turn();
    }
    await started;
    await poller.stop();
  } finally {
    mock.timers.reset();
  }
  const count = (name: string): number => fake.calls.filter((call) => call.name === name).length;
  return {
    getExecutionHistory: count("getExecutionHistory"),
    describeExecution: count("describeExecution"),
  };
}

/** A history whose wait for an answer lasted so long: every event after the token went out happens later by that. */
export function withLongWait(events: readonly PlainEvent[], waitMs: number): readonly PlainEvent[] {
  const at = events.findIndex(({ type }) => type === "TaskSubmitted");
  return events.map((event, index) =>
    at < 0 || index <= at
      ? event
      : {
          ...event,
          timestamp: new Date(Date.parse(String(event.timestamp)) + waitMs).toISOString(),
        },
  );
}
