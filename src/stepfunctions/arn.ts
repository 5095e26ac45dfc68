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
