/** Parts of an execution ARN. */
export interface ExecutionArn {
  readonly region: string;
  readonly account: string;
  readonly stateMachine: string;
  /** The execution's name: the id that the caller chose. */
  readonly execution: string;
}

/** `arn:aws:states:region:account:execution:machine:name`; `express:machine:name:id` for Express, `machine/label` for Map runs. */
const PATTERN =
  /^arn:[^:]+:states:(?<region>[^:]+):(?<account>[^:]+):(?:execution|express):(?<stateMachine>[^:]+):(?<execution>[^:]+)(?::[^:]+)?$/;

/** Splits an execution ARN (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-states.html); undefined when it is none. */
export function parseExecutionArn(arn: string): ExecutionArn | undefined {
  const groups =
    typeof arn !== "string" || arn.length > 1024 ? undefined : PATTERN.exec(arn)?.groups;
  if (groups === undefined) return undefined;
  const { region = "", account = "", stateMachine = "", execution = "" } = groups;
  return { region, account, stateMachine, execution };
}

/** Parts of a state machine's ARN, which may also be that of one of its versions or aliases. */
export interface StateMachineArn {
  readonly region: string;
  readonly name: string;
}

const STATE_MACHINE =
  /^arn:[^:\s]+:states:(?<region>[^:\s]+):[^:\s]+:stateMachine:(?<name>[^:\s]+)(?::[^:\s]+)?$/;

/** Splits the ARN of a state machine, a version or an alias (the same page); undefined when it is none. */
export function parseStateMachineArn(arn: string): StateMachineArn | undefined {
  const groups =
    typeof arn !== "string" || arn.length > 1024 ? undefined : STATE_MACHINE.exec(arn)?.groups;
  if (groups === undefined) return undefined;
  const { region = "", name = "" } = groups;
  return { region, name };
}
