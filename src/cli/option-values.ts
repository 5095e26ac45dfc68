import { InvalidArgumentError } from "commander";
import { parseExecutionArn, parseStateMachineArn } from "../stepfunctions/arn.ts";

/** A text that is not blank. Fails as all of these do: with an `InvalidArgumentError`, which the command line tells. */
export function nonEmpty(value: string): string {
  if (value.trim() === "") throw new InvalidArgumentError("It is empty.");
  return value;
}

/** The values of an option that may be repeated. */
export function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, nonEmpty(value).trim()];
}

/** A whole number from 0 to 9,999. */
export function wholeNumber(value: string): number {
  if (!/^\d{1,4}$/.test(value))
    throw new InvalidArgumentError("It has to be a whole number from 0 to 9,999.");
  return Number(value);
}

/** A whole number of seconds from 1 to 9,999. */
export function seconds(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value))
    throw new InvalidArgumentError("It has to be a whole number from 1 to 9,999.");
  return Number(value);
}

/** A number above 0. */
export function aNumber(value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value) || Number(value) === 0)
    throw new InvalidArgumentError("It has to be a number above 0.");
  return Number(value);
}

/** A port; 0 for one that is free. */
export function aPort(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new InvalidArgumentError("It has to be a port from 0 to 65535.");
  return Number(value);
}

/** The ARN of an execution. */
export function anExecutionArn(value: string): string {
  if (parseExecutionArn(value) === undefined)
    throw new InvalidArgumentError(
      "It has to read arn:aws:states:<region>:<account>:execution:<state machine>:<name>.",
    );
  return value;
}

/** The ARNs of executions, of an option that may be repeated. */
export function executionArns(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, anExecutionArn(value.trim())];
}

/** The ARN of a state machine. */
export function aStateMachineArn(value: string): string {
  const arn = value.trim();
  if (parseStateMachineArn(arn) === undefined)
    throw new InvalidArgumentError(
      "It has to read arn:aws:states:<region>:<account>:stateMachine:<name>.",
    );
  return arn;
}

/** The ARNs of state machines, of an option that may be repeated. */
export function stateMachineArns(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, aStateMachineArn(value)];
}

/** `refund=reserveInventory,chargeCard`: which steps a step undoes; may be repeated. */
export function compensation(
  value: string,
  before: Readonly<Record<string, string[]>> = {},
): Record<string, string[]> {
  const [name, list] = pair(value);
  const undone = list
    .split(",")
    .map((step) => step.trim())
    .filter((step) => step !== "");
  if (undone.length === 0) throw new InvalidArgumentError(PAIR);
  return { ...before, [name]: [...(before[name] ?? []), ...undone] };
}

/** `notifyReviewer=approval`: the name of the wait that a step opens; may be repeated. */
export function waitName(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [name, wait] = pair(value);
  return { ...before, [name]: wait };
}

const PAIR = "It has to read step=...";

function pair(value: string): [string, string] {
  const at = value.indexOf("=");
  const name = value.slice(0, at).trim();
  const rest = value.slice(at + 1).trim();
  if (at < 0 || name === "" || rest === "") throw new InvalidArgumentError(PAIR);
  return [name, rest];
}
