import type { StepIdentity } from "../core/identity.ts";
import { stateAttemptKey } from "../core/ids.ts";
import { property } from "../host/property.ts";

/** The try of a Step Functions state that some code runs for, as it is told by what came along with its input. */
export interface StateInvocation {
  readonly identity: StepIdentity;
  /** Key of the attempt inside its run: its span id is derived from it. */
  readonly attemptKey: string;
  /** How often the execution was redriven before; 0 at first. */
  readonly redrive: number;
}

/** Longest text that is read, in characters: AWS limits a state's name to 80, and an ARN is below this. */
const LONGEST_TEXT = 512;

/**
 * Finds out which try of which state an event was sent by. Read are, on the event itself or inside its `Payload` or
 * `input`: the small field `_wf: { e, s, r, i }` (execution id, state, redrive count, index of the innermost Map item), the context
 * object itself (https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html), and the one
 * that Datadog puts into `_datadog`. A task token that lies beside them is not read.
 *
 * Undefined when the event is of another source, or when what it says is malformed. Never throws.
 */
export function stateInvocation(event: unknown): StateInvocation | undefined {
  try {
    for (const payload of [event, property(event, "Payload"), property(event, "input")]) {
      const found =
        fromSmallField(property(payload, "_wf")) ??
        fromContextObject(property(payload, "_datadog")) ??
        fromContextObject(payload);
      if (found !== undefined) return found;
    }
  } catch {
    // An event that throws when it is read: what observes never fails what it observes.
  }
  return undefined;
}

function fromSmallField(field: unknown): StateInvocation | undefined {
  return invocation(
    property(field, "e"),
    property(field, "s"),
    property(field, "r"),
    property(field, "i"),
  );
}

function fromContextObject(context: unknown): StateInvocation | undefined {
  const execution = property(context, "Execution");
  return invocation(
    property(execution, "Id"),
    property(context, "State"),
    property(execution, "RedriveCount"),
    property(property(property(context, "Map"), "Item"), "Index"),
  );
}

function invocation(
  runId: unknown,
  stateFields: unknown,
  redriveCount: unknown,
  index: unknown,
): StateInvocation | undefined {
  const state = property(stateFields, "Name");
  const enteredTime = property(stateFields, "EnteredTime");
  if (!isText(runId) || !isText(state) || !isText(enteredTime)) return undefined;
  // arn:partition:states:region:account:execution:machine:name, split by hand to keep a Lambda bundle small.
  const [, , service, region, account, , workflowType, workflowId] = runId.split(":");
  if (service !== "states" || !workflowType || !workflowId) return undefined;
  if (Number.isNaN(Date.parse(enteredTime))) return undefined;
  const retry = count(property(stateFields, "RetryCount")) ?? 0;
  const redrive = count(redriveCount) ?? 0;
  const mapIndex = count(index);
  const attempt = { state, enteredTime, retry, redrive };
  return {
    identity: {
      engine: "aws_step_functions",
      workflowId,
      runId,
      firstRunId: runId,
      namespace: `${account}/${region}`,
      workflowType,
      stepName: state,
      stepKind: "lambda",
      attempt: retry + 1,
    },
    attemptKey: stateAttemptKey(mapIndex === undefined ? attempt : { ...attempt, mapIndex }),
    redrive,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT;
}

/** A count as JSON gives it; JSONata and templates may give it as text. */
function count(value: unknown): number | undefined {
  return /^\d{1,9}$/.test(String(value)) ? Number(value) : undefined;
}
