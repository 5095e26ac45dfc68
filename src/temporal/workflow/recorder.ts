import { createFold, type Fold, MOST_UNDONE } from "../../core/fold.ts";
import type { RunIdentity } from "../../core/identity.ts";
import type { Step, WorkflowTrace } from "../../core/model.ts";
import { warningLog } from "../../core/result.ts";
import { commandEvents } from "./command-events.ts";
import { jobEvents } from "./job-events.ts";
import type { LiveEvent } from "./live-event.ts";
import { emptyLiveState, type LiveState } from "./live-state.ts";
import { integer, type Message, message, payloadValue, timestamp } from "./proto-value.ts";
import type { RecorderOptions, RunFacts } from "./run-facts.ts";
import { noCounts } from "./step-keys.ts";

/** Records one run inside the isolate, from the jobs that come in and the commands that go out. */
export interface Recorder {
  /** Before the jobs of an activation are run: the base handler takes the first one out of the list. */
  activate(activation: Message): void;
  /** After they were run, with the commands that they led to. Gives what is new and not a replay. */
  conclude(commands: readonly unknown[]): RunFacts | undefined;
}

/** A closed step that no compensation can refer to any more is forgotten in portions of so many. */
const PRUNE_EVERY = 64;

/**
 * Makes the recorder of one run. It touches no promise, no random numbers, no clock: turned on or off at any time it
 * cannot change what the workflow does. Jobs and commands are the same facts as the events of a history, so the same
 * fold takes them; what is replayed is folded too (a worker may begin in the middle of a run) but not told again.
 */
export function createRecorder(identity: RunIdentity, options: RecorderOptions): Recorder {
  const warnings = warningLog();
  const undoable = new Set(Object.values(options.compensates ?? {}).flat());
  const live: LiveState = emptyLiveState(
    identity,
    options.dropFailureMessages === true ? "drop" : "keep",
  );
  let fold: Fold = createFold(identity, options, warnings);
  let seq = 0;
  let told = 0;
  let closedSincePrune = 0;
  let replaying = true;
  let discarded: string[] = [];
  let input: unknown;

  function take(event: LiveEvent): void {
    seq += 1;
    fold.apply({ at: live.at, ...event, seq });
    if (event.type === "step.closed") closedSincePrune += 1;
  }

  /** Goes on without the steps that do not fit: a fold can be taken up again from any trace that it gave. */
  function keepOnly(fits: (step: Step) => boolean): void {
    const trace = fold.trace();
    if (trace === undefined) return;
    fold = createFold(identity, options, warnings, {
      ...trace,
      steps: trace.steps.filter((step) => fits(step)),
    });
  }

  function prune(): void {
    closedSincePrune = 0;
    const counts = noCounts();
    const newest = (name: string, most: number): boolean =>
      (counts[name] = (counts[name] ?? 0) + 1) <= most;
    const kept = new Set(
      fold
        .trace()
        ?.steps.toReversed()
        .filter(({ name, closedBy, outcome }) => {
          if (closedBy === undefined) return true;
          if (outcome === "failed" || outcome === "timed_out") return newest("failed", 1);
          return (
            undoable.has(name) && outcome === "completed" && newest(`undoable ${name}`, MOST_UNDONE)
          );
        }),
    );
    keepOnly((step) => kept.has(step));
  }

  function facts(trace: WorkflowTrace, historyLength: number): RunFacts | undefined {
    const isNew = (step: Step): boolean => step.openedBy > told || (step.closedBy ?? 0) > told;
    const named = new Set(trace.steps.filter(isNew).flatMap((step) => step.compensates ?? []));
    const changed = trace.lastEvent > told || discarded.length > 0;
    if (!changed) return undefined;
    return {
      trace: { ...trace, steps: trace.steps.filter((step) => isNew(step) || named.has(step.key)) },
      after: told,
      historyLength,
      discarded,
      ...(options.sendInput === true && { input }),
    };
  }

  return {
    activate(activation) {
      replaying = activation["isReplaying"] === true;
      live.at = timestamp(activation["timestamp"]);
      const historyLength = integer(activation["historyLength"]) ?? 0;
      if (historyLength !== live.historyLength) live.begun.clear();
      live.historyLength = historyLength;
      delete live.resolver;
      for (const job of list(activation["jobs"])) {
        if (options.sendInput === true)
          input ??= payloadValue(list(message(message(job)["initializeWorkflow"])["arguments"])[0]);
        for (const event of jobEvents(message(job), live)) take(event);
      }
    },
    conclude(commands) {
      const { events, cancelledAtOnce } = commandEvents(commands.map(message), live);
      if (cancelledAtOnce.length > 0) {
        keepOnly((step) => !cancelledAtOnce.includes(step.key));
        discarded.push(...cancelledAtOnce);
      }
      for (const event of events) take(event);
      const trace = fold.trace();
      const news = replaying || trace === undefined ? undefined : facts(trace, live.historyLength);
      told = seq;
      discarded = [];
      if (closedSincePrune >= PRUNE_EVERY) prune();
      return news;
    },
  };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
