/**
 * Histories of Step Functions executions that never ran: state machines drawn by fast-check, played by the rules
 * that hold for every history recorded on AWS (ids are dense, a previous id names what an event follows from).
 */
import fc from "fast-check";

/** An event as GetExecutionHistory gives it. */
export interface GeneratedEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly timestamp: string;
  readonly [details: string]: unknown;
}

type Outcome = "completed" | "failed" | "timed_out";

interface TaskPlan {
  readonly type: "Task";
  readonly resource: "lambda" | "activity" | "token" | "function";
  /** How the attempts before the last one ended. */
  readonly retried: readonly Outcome[];
  readonly outcome: Outcome;
  readonly caught: boolean;
}

interface SimplePlan {
  readonly type: "Pass" | "Choice" | "Wait" | "Fail";
}

interface ContainerPlan {
  readonly type: "Map" | "Parallel";
  readonly bodies: readonly (readonly StatePlan[])[];
  /** Most bodies that run at the same time. */
  readonly concurrency: number;
  readonly retries: number;
  readonly caught: boolean;
  readonly tellsAborts: boolean;
}

type StatePlan = TaskPlan | SimplePlan | ContainerPlan;

const outcome = fc.constantFrom<Outcome>(
  "completed",
  "completed",
  "completed",
  "failed",
  "timed_out",
);

const task: fc.Arbitrary<TaskPlan> = fc.record({
  type: fc.constant("Task" as const),
  resource: fc.constantFrom("lambda", "activity", "token", "function"),
  retried: fc.array(fc.constantFrom<Outcome>("failed", "timed_out"), { maxLength: 2 }),
  outcome,
  caught: fc.boolean(),
});

const simple: fc.Arbitrary<SimplePlan> = fc.record({
  type: fc.constantFrom("Pass", "Choice", "Wait", "Wait", "Fail"),
});

const machine = fc.letrec<{ state: StatePlan; body: StatePlan[] }>((tie) => ({
  body: fc.array(tie("state"), { minLength: 1, maxLength: 3 }),
  state: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    task,
    simple,
    fc.record({
      type: fc.constantFrom("Map" as const, "Parallel" as const),
      bodies: fc.array(tie("body"), { maxLength: 3 }),
      concurrency: fc.integer({ min: 1, max: 3 }),
      retries: fc.integer({ min: 0, max: 1 }),
      caught: fc.boolean(),
      tellsAborts: fc.boolean(),
    }),
  ),
}));

/** Whole histories, of executions that succeeded or failed by themselves. */
export const closedHistory: fc.Arbitrary<readonly GeneratedEvent[]> = fc
  .tuple(machine.body, fc.array(fc.nat(), { minLength: 1, maxLength: 40 }))
  .map(([states, choices]) => play(states, choices));

/** Histories of executions that were stopped or timed out, or that still run. */
const cutHistory: fc.Arbitrary<readonly GeneratedEvent[]> = fc
  .tuple(
    closedHistory,
    fc.nat(),
    fc.constantFrom("ExecutionAborted", "ExecutionTimedOut", undefined),
  )
  .map(([events, at, end]) => {
    const kept = events.slice(0, Math.max(1, at % events.length));
    if (end === undefined) return kept;
    const last = kept.at(-1)?.id ?? 0;
    return kept.concat(event(last + 1, last, end, {}));
  });

/** Any history. */
export const history: fc.Arbitrary<readonly GeneratedEvent[]> = fc.oneof(closedHistory, cutHistory);

/** A failure on its way outwards; `at` is the event that it follows from. */
interface Failed {
  readonly failed: true;
  readonly at: number;
}

/** Where a body stands: the last event of it, and whether it failed there. */
type End = Failed | { readonly failed: false; readonly at: number };

/** Work that stops after each event, so that bodies can take turns. */
type Work = Generator<undefined, End>;

function event(id: number, previousEventId: number, type: string, details: object): GeneratedEvent {
  const timestamp = new Date(Date.UTC(2026, 2, 2, 9, 30) + id * 137).toISOString();
  return { id, previousEventId, type, timestamp, ...details };
}

function play(states: readonly StatePlan[], choices: readonly number[]): GeneratedEvent[] {
  const events: GeneratedEvent[] = [];
  let turns = 0;
  const choose = (count: number): number => (choices[turns++ % choices.length] ?? 0) % count;
  const add = (type: string, previous: number, details: object = {}): number => {
    events.push(event(events.length + 1, previous, type, details));
    return events.length;
  };

  add("ExecutionStarted", 0, {
    executionStartedEventDetails: { roleArn: "arn:aws:iam::1:role/x" },
  });
  const run = playBody(states, 0, "");
  let last = run.next();
  while (last.done !== true) last = run.next();
  if (last.value.failed) {
    add("ExecutionFailed", last.value.at, { executionFailedEventDetails: { error: "Oops" } });
  } else {
    add("ExecutionSucceeded", last.value.at, { executionSucceededEventDetails: {} });
  }
  return events;

  /** Names are unique in a state machine, so a state is named after its place; all iterations of a Map have the same. */
  function* playBody(body: readonly StatePlan[], previous: number, place: string): Work {
    let at = previous;
    for (const [position, state] of body.entries()) {
      const name = `${place}${position}`;
      const entered = add(`${state.type}StateEntered`, at, {
        stateEnteredEventDetails: { name },
      });
      yield;
      if (state.type === "Fail") return { failed: true, at: entered };
      const end: End =
        state.type === "Task"
          ? yield* playTask(state, entered)
          : state.type === "Map" || state.type === "Parallel"
            ? yield* playContainer(state, entered, name)
            : { failed: false, at: entered };
      if (end.failed && !("caught" in state && state.caught)) return end;
      at = add(`${state.type}StateExited`, end.at, {
        stateExitedEventDetails: { name },
      });
      yield;
    }
    return { failed: false, at };
  }

  function* playTask(plan: TaskPlan, entered: number): Work {
    let at = entered;
    for (const result of [...plan.retried, plan.outcome]) {
      at = yield* playAttempt(plan, result, at);
    }
    return { failed: plan.outcome !== "completed", at };
  }

  function* playAttempt(
    plan: TaskPlan,
    result: Outcome,
    previous: number,
  ): Generator<undefined, number> {
    const family = {
      lambda: "Task",
      token: "Task",
      activity: "Activity",
      function: "LambdaFunction",
    }[plan.resource];
    const resource = {
      resourceType: "lambda",
      resource: plan.resource === "token" ? "invoke.waitForTaskToken" : "invoke",
    };
    const detail = (type: string): string =>
      `${family.charAt(0).toLowerCase()}${family.slice(1)}${type}EventDetails`;
    let at = add(`${family}Scheduled`, previous, {
      [detail("Scheduled")]: { ...(family === "Task" && resource), timeoutInSeconds: 60 },
    });
    yield;
    at = add(`${family}Started`, at);
    yield;
    if (plan.resource === "token" && result !== "failed") {
      at = add("TaskSubmitted", at, { taskSubmittedEventDetails: resource });
      yield;
    }
    const type = { completed: "Succeeded", failed: "Failed", timed_out: "TimedOut" }[result];
    at = add(`${family}${type}`, at, {
      [detail(type)]: {
        ...(family === "Task" && resource),
        ...(result !== "completed" && { error: result === "failed" ? "Oops" : "States.Timeout" }),
      },
    });
    yield;
    return at;
  }

  function* playContainer(plan: ContainerPlan, entered: number, name: string): Work {
    let at = entered;
    for (let attempt = 0; ; attempt += 1) {
      const started = add(`${plan.type}StateStarted`, at, {
        mapStateStartedEventDetails: { length: plan.bodies.length },
      });
      yield;
      const end = yield* playBodies(plan, started, name);
      if (!end.failed) {
        // A side leaf: the exit follows from what the last body did.
        add(`${plan.type}StateSucceeded`, end.at);
        yield;
        return end;
      }
      at = end.at;
      if (attempt < plan.retries) continue;
      const failed = add(`${plan.type}StateFailed`, at);
      yield;
      return { failed: true, at: failed };
    }
  }

  function* playBodies(plan: ContainerPlan, started: number, name: string): Work {
    const waiting = plan.bodies.map((inner, index) => ({ inner, index }));
    const running: { readonly index: number; readonly work: Work }[] = [];
    let newest = started;
    const start = (): void => {
      const next = waiting.shift();
      if (next === undefined) return;
      let from = plan.type === "Map" ? newest : started;
      if (plan.type === "Map") {
        from = add("MapIterationStarted", from, iteration("Started", name, next.index));
      }
      running.push({
        index: next.index,
        work: playBody(next.inner, from, `${name}.${plan.type === "Map" ? "" : `${next.index}.`}`),
      });
    };
    while (running.length < plan.concurrency && waiting.length > 0) start();
    while (running.length > 0) {
      const turn = choose(running.length);
      const one = running[turn];
      if (one === undefined) break;
      const step = one.work.next();
      if (step.done !== true) {
        yield;
        continue;
      }
      running.splice(turn, 1);
      if (step.value.failed) {
        const { at } = step.value;
        if (plan.type === "Map") {
          for (const other of plan.tellsAborts ? running : []) {
            add("MapIterationAborted", at, iteration("Aborted", name, other.index));
          }
          add("MapIterationFailed", at, iteration("Failed", name, one.index));
        }
        return { failed: true, at };
      }
      newest = step.value.at;
      if (plan.type === "Map") {
        add("MapIterationSucceeded", newest, iteration("Succeeded", name, one.index));
      }
      start();
      yield;
    }
    return { failed: false, at: newest };
  }
}

function iteration(word: string, name: string, index: number): object {
  return { [`mapIteration${word}EventDetails`]: { name, index } };
}
