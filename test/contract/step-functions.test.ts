// Claim: the local Step Functions endpoint behaves as AWS where an observer looks. Proven by running each
// scenario on it, and holding event types and previous ids against histories that were recorded on AWS.
import {
  CreateActivityCommand,
  CreateStateMachineCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type LambdaEndpoint,
  type StepFunctionsEndpoint,
  startLambdaEndpoint,
  startStepFunctionsEndpoint,
} from "../../src/engines/index.ts";
import {
  clientFor,
  createStateMachine,
  type Definition,
  end,
  given,
  history,
  start,
} from "./endpoint-client.ts";
import { handlers, parkedToken } from "./handlers.ts";
import { brokenPairings } from "./pairing-rules.ts";
import { hasRecordings, type RecordedShape, readRecordedShapes } from "./recordings.ts";
import {
  activityScenarios,
  machine,
  nestedScenarios,
  park,
  type Scenario,
  scenarios,
} from "./scenarios.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const roleArn = "arn:aws:iam::123456789012:role/contract";
const pass = { Type: "Pass", End: true };

/** Waits for the answer to a token, which `parkedToken` gives. */
const parkedMachine = machine(park());

let lambda: LambdaEndpoint;
let endpoint: StepFunctionsEndpoint;
let client: SFNClient;
let recordings: readonly RecordedShape[] = [];

beforeAll(async () => {
  lambda = await startLambdaEndpoint(handlers);
  // 1 s of back-off becomes 20 ms.
  endpoint = await startStepFunctionsEndpoint({ lambdaEndpoint: lambda.endpoint, timeScale: 0.02 });
  client = clientFor(endpoint.endpoint);
  if (hasRecordings) recordings = readRecordedShapes();
});

afterAll(async () => {
  client.destroy();
  await endpoint.stop();
  await lambda.stop();
});

async function createActivity(name: string): Promise<string> {
  const { activityArn } = await client.send(new CreateActivityCommand({ name }));
  return given(activityArn);
}

function createNamed(name: string, definition: Definition): Promise<unknown> {
  return client.send(
    new CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn }),
  );
}

/** Calls CloudWatch Logs, which the same server plays. */
async function callLogs(
  action: string,
  body: object,
): Promise<{ readonly events?: readonly { readonly message: string }[] }> {
  const response = await fetch(endpoint.endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `Logs_20140328.${action}`,
      // Unsigned: the server reads the region and the service, and no more.
      authorization: "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/logs/aws4_request",
    },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  const text = await response.text();
  return text === "" ? {} : JSON.parse(text);
}

function branch(name: string): Definition {
  return { StartAt: name, States: { [name]: pass } };
}

/** A Map whose every item fails twice before it succeeds. */
function fanOut(maxConcurrency: number): Definition {
  const work = {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Parameters: {
      FunctionName: "failTwice",
      Payload: {
        "execution.$": "States.Format('{}/{}', $$.Execution.Id, $$.Map.Item.Index)",
        "index.$": "$$.Map.Item.Index",
      },
    },
    Retry: [{ ErrorEquals: ["TransientError"], MaxAttempts: 3, IntervalSeconds: 1 }],
    End: true,
  };
  const each = {
    Type: "Map",
    MaxConcurrency: maxConcurrency,
    ItemProcessor: { StartAt: "Work", States: { Work: work } },
    End: true,
  };
  return { StartAt: "Each", States: { Each: each } };
}

function typesOf(events: readonly HistoryEvent[]): readonly string[] {
  return events.map((event) => given(event.type));
}

/** What a scenario's history shows. */
interface Observation {
  readonly types: readonly string[];
  /** Events that cannot be paired up by their previous ids. */
  readonly problems: readonly string[];
  /** Whether AWS has recorded a history of the same types with the same previous ids. */
  readonly onAws: boolean;
}

async function observe(scenario: Scenario): Promise<Observation> {
  const arn = await start(client, scenario.definition, scenario.input);
  await scenario.meanwhile?.(client, arn);
  const { events } = await end(client, arn);
  const types = typesOf(events);
  const previousIds = events.map((event) => given(event.previousEventId));
  const onAws = recordings.some(
    (shape) =>
      shape.types.join() === types.join() && shape.previousIds.join() === previousIds.join(),
  );
  return { types, problems: brokenPairings(events), onAws };
}

function expected(scenario: Scenario): Observation {
  return {
    types: ["ExecutionStarted", ...scenario.events],
    problems: [],
    onAws: hasRecordings && scenario.recorded,
  };
}

describe("the histories recorded on AWS", () => {
  it("hold every shape that a scenario claims to share with them", (context) => {
    context.skip(!hasRecordings, "no corpus at ../shared/corpus");
    const shapes = new Set(recordings.map((shape) => shape.types.join()));
    const absent = scenarios
      .filter((scenario) => scenario.recorded)
      .filter((scenario) => !shapes.has(expected(scenario).types.join()));
    expect(absent.map((scenario) => scenario.name)).toEqual([]);
  });
});

describe.concurrent("a history has the events and previous ids of AWS", () => {
  it.each(scenarios)("for $name", async (scenario) => {
    expect(await observe(scenario)).toEqual(expected(scenario));
  });

  it("for child executions", async () => {
    const child = await createStateMachine(client, { StartAt: "A", States: { A: pass } });
    const failingChild = await createStateMachine(client, {
      StartAt: "A",
      States: { A: { Type: "Fail", Error: "Broken" } },
    });
    const nested = nestedScenarios(child, failingChild);
    expect(await Promise.all(nested.map(observe))).toEqual(nested.map(expected));
  });

  it("for activities", async () => {
    const activities = {
      done: await createActivity("done"),
      failing: await createActivity("failing"),
      idle: await createActivity("idle"),
    };
    const worked = activityScenarios(activities);
    expect(await Promise.all(worked.map(observe))).toEqual(worked.map(expected));
  });
});

describe.concurrent("iterations and branches that overlap", () => {
  it.each([0, 1, 2])("pair up with a MaxConcurrency of %i", async (maxConcurrency) => {
    const items = ["a", "b", "c", "d"];
    const { events } = await end(client, await start(client, fanOut(maxConcurrency), items));
    expect(brokenPairings(events)).toEqual([]);
    const indexes = events
      .map((event) => event.taskSucceededEventDetails?.output)
      .filter((output) => output !== undefined)
      .map((output) => JSON.parse(output).Payload.event.index);
    expect(new Set(indexes)).toEqual(new Set([0, 1, 2, 3]));
    expect(typesOf(events).filter((type) => type === "TaskFailed")).toHaveLength(8);
  });

  it("pair up in a Parallel state", async () => {
    const { events } = await end(
      client,
      await start(client, {
        StartAt: "Both",
        States: { Both: { Type: "Parallel", Branches: [branch("L"), branch("R")], End: true } },
      }),
    );
    expect(brokenPairings(events)).toEqual([]);
    expect(typesOf(events).filter((type) => type === "PassStateExited")).toHaveLength(2);
  });
});

describe.concurrent("the context object", () => {
  it("has the entered time of the state's own event, the redrive count, and a retry count that rises", async () => {
    const definition = {
      StartAt: "Work",
      States: {
        Work: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke",
          Parameters: {
            FunctionName: "failTwice",
            Payload: {
              "execution.$": "$$.Execution.Id",
              "state.$": "$$.State",
              "redrives.$": "$$.Execution.RedriveCount",
            },
          },
          Retry: [{ ErrorEquals: ["TransientError"], MaxAttempts: 3, IntervalSeconds: 1 }],
          End: true,
        },
      },
    };
    const { events } = await end(client, await start(client, definition));
    const payloads = events
      .map((event) => event.taskScheduledEventDetails?.parameters)
      .filter((parameters) => parameters !== undefined)
      .map((parameters) => JSON.parse(parameters).Payload);
    const entered = events.find((event) => event.type === "TaskStateEntered")?.timestamp;
    expect(payloads.map((payload) => payload.state)).toEqual(
      [0, 1, 2].map((count) => ({
        Name: "Work",
        EnteredTime: entered?.toISOString(),
        RetryCount: count,
      })),
    );
    expect(payloads.map((payload) => payload.redrives)).toEqual([0, 0, 0]);
  });

  it("is there in JSONata as well", async () => {
    const definition = {
      QueryLanguage: "JSONata",
      StartAt: "Look",
      States: { Look: { Type: "Pass", Output: "{% $states.context %}", End: true } },
    };
    const ended = await end(client, await start(client, definition));
    const context = JSON.parse(given(ended.description.output));
    expect(context.Execution).toMatchObject({ Id: ended.arn, RedriveCount: 0 });
    expect(context.State.Name).toBe("Look");
  });
});

describe.concurrent("a Lambda result", () => {
  it("carries the invocation's request id and trace header", async () => {
    const definition = {
      StartAt: "Work",
      States: {
        Work: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke",
          Parameters: { FunctionName: "echo", Payload: {} },
          End: true,
        },
      },
    };
    const { events } = await end(client, await start(client, definition));
    const output = events.find(
      (event) => event.type === "TaskSucceeded",
    )?.taskSucceededEventDetails;
    const result = JSON.parse(given(output?.output));
    expect(result.SdkResponseMetadata.RequestId).toMatch(/^[\da-f-]{36}$/u);
    expect(result.SdkHttpMetadata.HttpHeaders["X-Amzn-Trace-Id"]).toMatch(/^Root=1-/u);
    expect(result.StatusCode).toBe(200);
  });

  it("fails the task with the error's name and message", async () => {
    const definition = {
      StartAt: "Work",
      States: {
        Work: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke",
          Parameters: { FunctionName: "decline", Payload: {} },
          End: true,
        },
      },
    };
    const { description, events } = await end(client, await start(client, definition));
    const failure = events.find((event) => event.type === "TaskFailed")?.taskFailedEventDetails;
    expect(failure?.error).toBe("CardDeclined");
    expect(JSON.parse(given(failure?.cause))).toMatchObject({
      errorType: "CardDeclined",
      errorMessage: "the card was declined",
    });
    expect(description).toMatchObject({ status: "FAILED", error: "CardDeclined" });
  });
});

describe.concurrent("how an execution ends", () => {
  it("takes error and cause of a Fail state from its paths", async () => {
    const definition = {
      StartAt: "Stop",
      States: { Stop: { Type: "Fail", ErrorPath: "$.why.Error", CausePath: "$.why.Cause" } },
    };
    const input = { why: { Error: "CardDeclined", Cause: "the card was declined" } };
    const { description, events } = await end(client, await start(client, definition, input));
    expect(description).toMatchObject({
      status: "FAILED",
      error: "CardDeclined",
      cause: "the card was declined",
    });
    expect(events.at(-1)?.executionFailedEventDetails).toEqual({
      error: "CardDeclined",
      cause: "the card was declined",
    });
  });

  it("is at once when it is stopped while a token is awaited", async () => {
    const executionArn = await start(client, parkedMachine);
    const taskToken = await parkedToken(executionArn);
    await client.send(
      new StopExecutionCommand({ executionArn, error: "Cancelled", cause: "by a test" }),
    );
    const { description, events } = await end(client, executionArn);
    expect(description).toMatchObject({
      status: "ABORTED",
      error: "Cancelled",
      cause: "by a test",
    });
    expect(description.stopDate).toBeInstanceOf(Date);
    expect(events.at(-1)).toMatchObject({
      type: "ExecutionAborted",
      previousEventId: 0,
      executionAbortedEventDetails: { error: "Cancelled", cause: "by a test" },
    });
    await expect(
      client.send(new SendTaskSuccessCommand({ taskToken, output: "{}" })),
    ).rejects.toMatchObject({ name: "TaskTimedOut" });
    expect(await history(client, executionArn)).toEqual(events);
  });

  it("is at once when it times out while a token is awaited", async () => {
    const definition = { ...parkedMachine, TimeoutSeconds: 1 };
    const { description, events } = await end(client, await start(client, definition));
    expect(description.status).toBe("TIMED_OUT");
    expect(description.stopDate).toBeInstanceOf(Date);
    expect(typesOf(events).at(-1)).toBe("ExecutionTimedOut");
    expect(brokenPairings(events)).toEqual([]);
  });

  it("takes one answer to a token, and refuses a false one", async () => {
    const executionArn = await start(client, parkedMachine);
    const taskToken = await parkedToken(executionArn);
    const answer = new SendTaskSuccessCommand({ taskToken, output: "{}" });
    await client.send(answer);
    await expect(client.send(answer)).rejects.toMatchObject({ name: "TaskTimedOut" });
    await end(client, executionArn);
    await expect(client.send(answer)).rejects.toMatchObject({ name: "TaskTimedOut" });
    await expect(
      client.send(new SendTaskSuccessCommand({ taskToken: "false", output: "{}" })),
    ).rejects.toMatchObject({ name: "InvalidToken" });
  });
});

describe.concurrent("the API", () => {
  it("pages a history in both directions, while it grows", async () => {
    const executionArn = await start(client, parkedMachine);
    const taskToken = await parkedToken(executionArn);
    const first = await client.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 2 }),
    );
    expect(first.events?.map((event) => event.id)).toEqual([1, 2]);
    await client.send(new SendTaskSuccessCommand({ taskToken, output: "{}" }));
    const { events } = await end(client, executionArn);
    const rest = await client.send(
      new GetExecutionHistoryCommand({
        executionArn,
        maxResults: 1000,
        nextToken: given(first.nextToken),
      }),
    );
    expect([...given(first.events), ...given(rest.events)]).toEqual(events);
    expect(rest.nextToken).toBeUndefined();

    const newest = await client.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 3, reverseOrder: true }),
    );
    const older = await client.send(
      new GetExecutionHistoryCommand({
        executionArn,
        reverseOrder: true,
        nextToken: given(newest.nextToken),
      }),
    );
    expect([...given(newest.events), ...given(older.events)]).toEqual(events.toReversed());
  });

  it("leaves inputs and outputs out of a history when asked to", async () => {
    const definition = { StartAt: "A", States: { A: pass } };
    const { arn, events } = await end(client, await start(client, definition, { secret: 1 }));
    const bare = await client.send(
      new GetExecutionHistoryCommand({ executionArn: arn, includeExecutionData: false }),
    );
    expect(JSON.stringify(bare.events)).not.toContain("secret");
    expect(typesOf(given(bare.events))).toEqual(typesOf(events));
    expect(JSON.stringify(await history(client, arn))).toContain("secret");
  });

  it("names executions that are started without a name", async () => {
    const stateMachineArn = await createStateMachine(client, { StartAt: "A", States: { A: pass } });
    const command = new StartExecutionCommand({ stateMachineArn });
    const [one, two] = await Promise.all([client.send(command), client.send(command)]);
    expect(one.executionArn).not.toBe(two.executionArn);
    await Promise.all([end(client, given(one.executionArn)), end(client, given(two.executionArn))]);
    const { executions } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
    expect(executions).toHaveLength(2);
    expect(executions?.every((execution) => execution.stopDate instanceof Date)).toBe(true);
  });

  it("refuses a definition that is no state machine, and a name that is taken by another one", async () => {
    await expect(createNamed("nonsense", { nonsense: true })).rejects.toMatchObject({
      name: "InvalidDefinition",
    });
    await createNamed("taken", branch("A"));
    await expect(createNamed("taken", { StartAt: "B", States: { B: pass } })).rejects.toMatchObject(
      {
        name: "StateMachineAlreadyExists",
      },
    );
    await expect(
      createNamed("taken", { StartAt: "A", States: { A: pass } }),
    ).resolves.toBeDefined();
  });

  it("writes the events of an execution to its log group", async () => {
    await callLogs("CreateLogGroup", { logGroupName: "contract" });
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({
        name: "logged",
        definition: JSON.stringify(branch("A")),
        roleArn,
        loggingConfiguration: {
          level: "ALL",
          destinations: [
            {
              cloudWatchLogsLogGroup: {
                logGroupArn: "arn:aws:logs:us-east-1:123456789012:log-group:contract:*",
              },
            },
          ],
        },
      }),
    );
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }));
    const { arn, events } = await end(client, given(executionArn));
    const { events: lines } = await callLogs("FilterLogEvents", { logGroupName: "contract" });
    const messages = given(lines).map((line) => JSON.parse(line.message));
    expect(messages.map((message) => message.type)).toEqual(typesOf(events));
    expect(messages.map((message) => message.execution_arn)).toEqual(events.map(() => arn));
    expect(messages.map((message) => Number(message.previous_event_id))).toEqual(
      events.map((event) => event.previousEventId),
    );
  });

  it("runs Express executions to their end in one call", async () => {
    const stateMachineArn = await createStateMachine(
      client,
      { StartAt: "A", States: { A: pass } },
      "EXPRESS",
    );
    const result = await client.send(
      new StartSyncExecutionCommand({ stateMachineArn, input: '{"a":1}' }),
    );
    expect(result).toMatchObject({ status: "SUCCEEDED", output: '{"a": 1}' });
    expect(result.executionArn).toMatch(/:express:/u);
  });
});
