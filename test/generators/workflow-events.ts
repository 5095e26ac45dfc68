import fc from "fast-check";
import type { WorkflowEvent } from "../../src/core/event.ts";
import type { RunOutcome, StepKind, StepOutcome, WaitKind } from "../../src/core/model.ts";

const KINDS: readonly StepKind[] = [
  "activity",
  "lambda",
  "child_workflow",
  "signal",
  "parallel",
  "map",
  "iteration",
  "choice",
];
const OUTCOMES: readonly StepOutcome[] = [
  "completed",
  "failed",
  "cancelled",
  "timed_out",
  "aborted",
  "abandoned",
];
const WAITS: readonly WaitKind[] = ["timer", "task_token"];

const key = fc.constantFrom("a", "b", "c", "d", "e", "f");
const name = fc.constantFrom("reserve", "charge", "refund", "__proto__");
const outcome = fc.constantFrom(...OUTCOMES);
const failure = fc.constantFrom({ type: "Declined" }, { type: "A", innermost: "B" });
const is = <Type extends string>(type: Type): fc.Arbitrary<Type> => fc.constant(type);

type Said<Event> = Event extends WorkflowEvent ? Omit<Event, "at" | "seq"> : never;
type Told = Said<WorkflowEvent>;

const step = { type: is("step.opened"), key, name, id: fc.constant("1"), parent: key };
const required = ["type", "key", "name", "id", "kind"] as const;

/** What one event says, each with the weight that makes a sequence of them do something. */
const told: fc.Arbitrary<Told> = fc.oneof<fc.WeightedArbitrary<Told>[]>(
  {
    weight: 1,
    arbitrary: fc.record({ type: is("run.started"), workflowType: fc.constant("saga") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: is("run.closed"),
      outcome: fc.constantFrom<RunOutcome[]>("completed", "failed", "terminated", "aborted"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: is("run.redriven") }) },
  { weight: 1, arbitrary: fc.record({ type: is("task.faulted"), cause: fc.constant("reset") }) },
  {
    weight: 8,
    arbitrary: fc.record(
      { ...step, kind: fc.constantFrom(...KINDS) },
      { requiredKeys: [...required] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        ...step,
        kind: fc.constant("wait" as const),
        wait: fc.record({ kind: fc.constantFrom(...WAITS) }),
      },
      { requiredKeys: [...required, "wait"] },
    ),
  },
  { weight: 2, arbitrary: fc.record({ type: is("step.started"), key }) },
  {
    weight: 6,
    arbitrary: fc.record(
      { type: is("step.closed"), key, outcome, failure },
      { requiredKeys: ["type", "key", "outcome"] },
    ),
  },
  { weight: 4, arbitrary: fc.record({ type: is("attempt.scheduled"), step: key }) },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        type: is("attempt.started"),
        step: key,
        number: fc.integer({ min: 0, max: 5 }),
        lastFailure: failure,
      },
      { requiredKeys: ["type", "step"] },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record(
      { type: is("attempt.closed"), step: key, outcome, failure },
      { requiredKeys: ["type", "step", "outcome"] },
    ),
  },
);

/**
 * Neutral events in any order, sound or not: steps are closed that were never opened, runs end twice. Their numbers
 * do not fall, their times step in both directions.
 */
export const anyWorkflowEvents: fc.Arbitrary<readonly WorkflowEvent[]> = fc
  .array(fc.tuple(told, fc.integer({ min: -500, max: 5000 }), fc.boolean()), { maxLength: 80 })
  .map(numbered);

function numbered(entries: readonly (readonly [Told, number, boolean])[]): WorkflowEvent[] {
  let at = 1_795_724_000_000;
  let seq = 1;
  const events: WorkflowEvent[] = [{ type: "run.started", workflowType: "saga", at, seq }];
  for (const [event, milliseconds, isNext] of entries) {
    at += milliseconds;
    if (isNext) seq += 1;
    events.push({ ...event, at, seq });
  }
  return events;
}
