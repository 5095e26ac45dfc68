import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
  type StateMachineType,
} from "@aws-sdk/client-sfn";

/** A state machine definition in Amazon States Language. */
export type Definition = Readonly<Record<string, unknown>>;

/** An execution that has ended. */
export interface EndedExecution {
  readonly arn: string;
  readonly description: DescribeExecutionCommandOutput;
  readonly events: readonly HistoryEvent[];
}

const roleArn = "arn:aws:iam::123456789012:role/contract";

/** A client for a local endpoint: it takes any credentials. */
export function clientFor(endpoint: string): SFNClient {
  return new SFNClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    // The SDK would put "sync-" before the host name of Express calls.
    disableHostPrefix: true,
  });
}

let machines = 0;

/** Creates a state machine under a name of its own; resolves with its ARN. */
export async function createStateMachine(
  client: SFNClient,
  definition: Definition,
  type: StateMachineType = "STANDARD",
): Promise<string> {
  machines += 1;
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({
      name: `contract-${machines}`,
      type,
      definition: JSON.stringify(definition),
      roleArn,
    }),
  );
  return given(stateMachineArn);
}

/** Starts an execution of a new state machine; resolves with the execution's ARN. */
export async function start(
  client: SFNClient,
  definition: Definition,
  input: unknown = {},
): Promise<string> {
  const stateMachineArn = await createStateMachine(client, definition);
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return given(executionArn);
}

/** Waits for an execution's end; the test's timeout is its limit. */
export async function end(client: SFNClient, executionArn: string): Promise<EndedExecution> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- waiting is the point
    const description = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (description.status !== "RUNNING") {
      // oxlint-disable-next-line no-await-in-loop
      return { arn: executionArn, description, events: await history(client, executionArn) };
    }
    // oxlint-disable-next-line no-await-in-loop
    await sleep(20);
  }
}

/** An execution's whole history. */
export async function history(
  client: SFNClient,
  executionArn: string,
): Promise<readonly HistoryEvent[]> {
  const { events } = await client.send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
  );
  return given(events);
}

/** A value that the API always gives, though its types allow it to be absent. */
export function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the endpoint left out a field that it always gives");
  return value;
}
