import {
  GetActivityTaskCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
} from "@aws-sdk/client-sfn";
import { type Definition, given } from "./endpoint-client.ts";
import { parkedToken } from "./handlers.ts";

/** A state machine, what happens to its execution from outside, and the events that its history then holds. */
export interface Scenario {
  readonly name: string;
  readonly definition: Definition;
  readonly input?: unknown;
  /** What somebody does while the execution runs. */
  readonly meanwhile?: (client: SFNClient, executionArn: string) => Promise<void>;
  /** Event types in order, without the ExecutionStarted that every history begins with. */
  readonly events: readonly string[];
  /** False where nobody has recorded such a history on AWS. */
  readonly recorded: boolean;
}

const functionArn = "arn:aws:lambda:us-east-1:123456789012:function";
const pass: Definition = { Type: "Pass", End: true };
const catchAll = [{ ErrorEquals: ["States.ALL"], Next: "Caught" }];
const retryOnce = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 1, IntervalSeconds: 1 }];

const scheduled = ["TaskScheduled", "TaskStarted"];
const scheduledByArn = ["LambdaFunctionScheduled", "LambdaFunctionStarted"];
const parked = [...scheduled, "TaskSubmitted"];
const passed = ["PassStateEntered", "PassStateExited"];
const caught = ["TaskStateExited", ...passed, "ExecutionSucceeded"];

/** A machine that begins with the given state; a state `Caught` is there for it to go to. */
export function machine(
  first: Definition,
  rest: Readonly<Record<string, Definition>> = {},
): Definition {
  const states: Readonly<Record<string, Definition>> = { First: first, ...rest };
  const needsCaught = JSON.stringify(states).includes('"Caught"');
  return { StartAt: "First", States: { ...states, ...(needsCaught && { Caught: pass }) } };
}

function invoke(name: string, more: Definition = {}): Definition {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Parameters: { FunctionName: name, Payload: { "execution.$": "$$.Execution.Id" } },
    End: true,
    ...more,
  };
}

function invokeByArn(name: string, more: Definition = {}): Definition {
  return { Type: "Task", Resource: `${functionArn}:${name}`, End: true, ...more };
}

/** A state that waits for the answer to a token, which `parkedToken` gives. */
export function park(more: Definition = {}): Definition {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
    Parameters: {
      FunctionName: "park",
      Payload: { "execution.$": "$$.Execution.Id", "token.$": "$$.Task.Token" },
    },
    End: true,
    ...more,
  };
}

async function approve(client: SFNClient, executionArn: string): Promise<void> {
  const taskToken = await parkedToken(executionArn);
  await client.send(new SendTaskSuccessCommand({ taskToken, output: '{"approved":true}' }));
}

async function reject(client: SFNClient, executionArn: string): Promise<void> {
  const taskToken = await parkedToken(executionArn);
  await client.send(new SendTaskFailureCommand({ taskToken, error: "Rejected", cause: "no" }));
}

/** Scenarios of states that do no work. */
const flow: readonly Scenario[] = [
  {
    name: "a Pass state",
    definition: machine(pass),
    events: [...passed, "ExecutionSucceeded"],
    recorded: true,
  },
  {
    name: "a Choice that goes to a Pass state",
    definition: machine(
      { Type: "Choice", Choices: [{ Variable: "$.yes", BooleanEquals: true, Next: "Then" }] },
      { Then: pass },
    ),
    input: { yes: true },
    events: ["ChoiceStateEntered", "ChoiceStateExited", ...passed, "ExecutionSucceeded"],
    recorded: true,
  },
  {
    name: "a Choice that goes to a Succeed state",
    definition: machine(
      { Type: "Pass", Next: "Decide" },
      {
        Decide: {
          Type: "Choice",
          Choices: [{ Variable: "$.no", IsPresent: true, Next: "First" }],
          Default: "Done",
        },
        Done: { Type: "Succeed" },
      },
    ),
    events: [
      ...passed,
      "ChoiceStateEntered",
      "ChoiceStateExited",
      "SucceedStateEntered",
      "SucceedStateExited",
      "ExecutionSucceeded",
    ],
    recorded: true,
  },
  {
    name: "a Wait state",
    definition: machine({ Type: "Wait", Seconds: 1, End: true }),
    events: ["WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"],
    recorded: true,
  },
  {
    name: "a Fail state",
    definition: machine({ Type: "Fail", Error: "Broken", Cause: "for good" }),
    events: ["FailStateEntered", "ExecutionFailed"],
    recorded: true,
  },
  {
    name: "an execution that times out",
    definition: { ...machine({ Type: "Wait", Seconds: 20, End: true }), TimeoutSeconds: 1 },
    events: ["WaitStateEntered", "ExecutionTimedOut"],
    recorded: false,
  },
];

/** Scenarios of `lambda:invoke`, with its attempts. */
const invocations: readonly Scenario[] = [
  {
    name: "a Lambda invocation",
    definition: machine(invoke("echo")),
    events: [...scheduled, "TaskSucceeded"],
    recorded: true,
  },
  {
    name: "a Lambda invocation that fails",
    definition: machine(invoke("decline")),
    events: [...scheduled, "TaskFailed", "ExecutionFailed"],
    recorded: true,
  },
  {
    name: "a failure that is caught",
    definition: machine(invoke("decline", { Catch: catchAll })),
    events: [...scheduled, "TaskFailed", ...caught],
    recorded: true,
  },
  {
    name: "a retry that fails too and is caught",
    definition: machine(invoke("decline", { Retry: retryOnce, Catch: catchAll })),
    events: [...scheduled, "TaskFailed", ...scheduled, "TaskFailed", ...caught],
    recorded: true,
  },
  {
    name: "a second retry that succeeds",
    definition: machine(
      invoke("failTwice", { Retry: [{ ErrorEquals: ["TransientError"], MaxAttempts: 3 }] }),
    ),
    events: [...scheduled, "TaskFailed", ...scheduled, "TaskFailed", ...scheduled, "TaskSucceeded"],
    recorded: false,
  },
  {
    name: "an invocation that times out",
    definition: machine(invoke("sleep", { TimeoutSeconds: 1 })),
    events: [...scheduled, "TaskTimedOut", "ExecutionFailed"],
    recorded: true,
  },
  {
    name: "a timeout that is caught",
    definition: machine(invoke("sleep", { TimeoutSeconds: 1, Catch: catchAll })),
    events: [...scheduled, "TaskTimedOut", ...caught],
    recorded: true,
  },
].map(inTaskState);

/** Scenarios of functions that a state names by their ARN. */
const invocationsByArn: readonly Scenario[] = [
  {
    name: "a function by its ARN",
    definition: machine(invokeByArn("echo")),
    events: [...scheduledByArn, "LambdaFunctionSucceeded"],
    recorded: true,
  },
  {
    name: "a function by its ARN that fails",
    definition: machine(invokeByArn("decline")),
    events: [...scheduledByArn, "LambdaFunctionFailed", "ExecutionFailed"],
    recorded: true,
  },
  {
    name: "a function by its ARN whose failure is caught",
    definition: machine(invokeByArn("decline", { Catch: catchAll })),
    events: [...scheduledByArn, "LambdaFunctionFailed", ...caught],
    recorded: true,
  },
  {
    name: "a function by its ARN that times out",
    definition: machine(invokeByArn("sleep", { TimeoutSeconds: 1 })),
    events: [...scheduledByArn, "LambdaFunctionTimedOut", "ExecutionFailed"],
    recorded: true,
  },
].map(inTaskState);

/** Scenarios of tasks that wait for somebody's answer. */
const callbacks: readonly Scenario[] = [
  {
    name: "a token that is answered",
    definition: machine(park()),
    meanwhile: approve,
    events: [...parked, "TaskSucceeded"],
    recorded: true,
  },
  {
    name: "a token that is refused",
    definition: machine(park()),
    meanwhile: reject,
    events: [...parked, "TaskFailed", "ExecutionFailed"],
    recorded: true,
  },
  {
    name: "a refusal that is caught",
    definition: machine(park({ Catch: catchAll })),
    meanwhile: reject,
    events: [...parked, "TaskFailed", ...caught],
    recorded: true,
  },
  {
    name: "a token that nobody answers in time",
    definition: machine(park({ TimeoutSeconds: 1 })),
    events: [...parked, "TaskTimedOut", "ExecutionFailed"],
    recorded: true,
  },
  {
    name: "a timeout from the input, caught as States.Timeout",
    definition: machine(
      park({
        TimeoutSecondsPath: "$.timeout",
        Catch: [{ ErrorEquals: ["States.Timeout"], Next: "Caught" }],
      }),
    ),
    input: { timeout: 1 },
    events: [...parked, "TaskTimedOut", ...caught],
    recorded: false,
  },
  {
    name: "a heartbeat that stays away",
    definition: machine(park({ TimeoutSeconds: 20, HeartbeatSeconds: 1, Catch: catchAll })),
    events: [...parked, "TaskTimedOut", ...caught],
    recorded: false,
  },
].map(inTaskState);

const children: Definition = machine({
  Type: "Map",
  ItemsPath: "$.items",
  MaxConcurrency: 1,
  ItemProcessor: machine(pass),
  End: true,
});

const failingBranch: Definition = {
  Type: "Parallel",
  Branches: [machine({ Type: "Fail", Error: "Broken" })],
  End: true,
};

/** Scenarios of Map and Parallel states whose events have one possible order. */
const containers: readonly Scenario[] = [
  {
    name: "a Map over one item",
    definition: children,
    input: { items: [1] },
    events: [
      "MapStateEntered",
      "MapStateStarted",
      "MapIterationStarted",
      ...passed,
      "MapIterationSucceeded",
      "MapStateSucceeded",
      "MapStateExited",
      "ExecutionSucceeded",
    ],
    recorded: true,
  },
  {
    name: "an iteration that fails and is caught",
    definition: machine(
      { Type: "Pass", Next: "Each" },
      {
        Each: {
          Type: "Map",
          ItemsPath: "$.items",
          MaxConcurrency: 1,
          ItemProcessor: machine({ Type: "Fail", Error: "Broken" }),
          Catch: catchAll,
          End: true,
        },
      },
    ),
    input: { items: [1] },
    events: [
      ...passed,
      "MapStateEntered",
      "MapStateStarted",
      "MapIterationStarted",
      "FailStateEntered",
      "MapIterationFailed",
      "MapStateFailed",
      "MapStateExited",
      ...passed,
      "ExecutionSucceeded",
    ],
    recorded: true,
  },
  {
    name: "a branch that fails and is caught",
    definition: machine({ ...failingBranch, Catch: catchAll }),
    events: [
      "ParallelStateEntered",
      "ParallelStateStarted",
      "FailStateEntered",
      "ParallelStateFailed",
      "ParallelStateExited",
      ...passed,
      "ExecutionSucceeded",
    ],
    recorded: true,
  },
  {
    name: "a Parallel state that is retried twice",
    definition: machine({
      ...failingBranch,
      Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: 2, IntervalSeconds: 1 }],
    }),
    events: [
      "ParallelStateEntered",
      "ParallelStateStarted",
      "FailStateEntered",
      "ParallelStateStarted",
      "FailStateEntered",
      "ParallelStateStarted",
      "FailStateEntered",
      "ParallelStateFailed",
      "ExecutionFailed",
    ],
    recorded: true,
  },
];

/** Scenarios in the query language JSONata. */
const jsonata: readonly Scenario[] = [
  {
    name: "JSONata that reads its input",
    definition: {
      QueryLanguage: "JSONata",
      ...machine({ Type: "Pass", Output: "{% $states.input.text & '!' %}", End: true }),
    },
    input: { text: 'she said "hi"' },
    events: [...passed, "ExecutionSucceeded"],
    recorded: true,
  },
  {
    name: "JSONata that cannot be evaluated in an Output",
    definition: {
      QueryLanguage: "JSONata",
      ...machine({ Type: "Pass", Output: "{% $number('x') %}", End: true }),
    },
    events: ["PassStateEntered", "EvaluationFailed", "ExecutionFailed"],
    recorded: true,
  },
  {
    name: "JSONata that cannot be evaluated in a task's Arguments",
    definition: {
      QueryLanguage: "JSONata",
      ...machine({
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Arguments: { FunctionName: "echo", Payload: "{% $number('x') %}" },
        End: true,
      }),
    },
    events: ["TaskStateEntered", "EvaluationFailed", "ExecutionFailed"],
    recorded: true,
  },
];

/** Every scenario that needs no other resource than the functions. */
export const scenarios: readonly Scenario[] = [
  ...flow,
  ...invocations,
  ...invocationsByArn,
  ...callbacks,
  ...containers,
  ...jsonata,
];

/** Scenarios of a task that starts the given state machine and waits for its end. */
export function nestedScenarios(child: string, failingChild: string): readonly Scenario[] {
  return [
    {
      name: "a child execution that nobody waits for",
      definition: nested(child, ""),
      events: withTaskState([...scheduled, "TaskSucceeded"]),
      recorded: true,
    },
    {
      name: "a child execution with .sync:2",
      definition: nested(child, ".sync:2"),
      events: withTaskState([...parked, "TaskSucceeded"]),
      recorded: true,
    },
    {
      name: "a child execution with .sync",
      definition: nested(child, ".sync"),
      events: withTaskState([...parked, "TaskSucceeded"]),
      recorded: true,
    },
    {
      name: "a child execution that fails",
      definition: nested(failingChild, ".sync:2"),
      events: withTaskState([...parked, "TaskFailed", "ExecutionFailed"]),
      recorded: true,
    },
  ];
}

/** Scenarios of a task that a worker elsewhere picks up; each needs an activity of its own. */
export function activityScenarios(activities: {
  readonly done: string;
  readonly failing: string;
  readonly idle: string;
}): readonly Scenario[] {
  return [
    {
      name: "an activity",
      definition: task(activities.done),
      meanwhile: async (client) => {
        const taskToken = await workOn(client, activities.done);
        await client.send(new SendTaskSuccessCommand({ taskToken, output: "{}" }));
      },
      events: withTaskState(["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]),
      recorded: true,
    },
    {
      name: "an activity that fails",
      definition: task(activities.failing),
      meanwhile: async (client) => {
        const taskToken = await workOn(client, activities.failing);
        await client.send(new SendTaskFailureCommand({ taskToken, error: "Broken" }));
      },
      events: withTaskState([
        "ActivityScheduled",
        "ActivityStarted",
        "ActivityFailed",
        "ExecutionFailed",
      ]),
      recorded: true,
    },
    {
      name: "an activity that no worker picks up",
      definition: task(activities.idle, { TimeoutSeconds: 1 }),
      events: withTaskState(["ActivityScheduled", "ActivityTimedOut", "ExecutionFailed"]),
      recorded: false,
    },
  ];
}

function nested(stateMachineArn: string, pattern: string): Definition {
  return machine({
    Type: "Task",
    Resource: `arn:aws:states:::states:startExecution${pattern}`,
    Parameters: { StateMachineArn: stateMachineArn, Input: {} },
    End: true,
  });
}

function task(resource: string, more: Definition = {}): Definition {
  return machine({ Type: "Task", Resource: resource, End: true, ...more });
}

/** Takes a piece of work from an activity, as a worker does; resolves with its token. */
async function workOn(client: SFNClient, activityArn: string): Promise<string> {
  const work = await client.send(new GetActivityTaskCommand({ activityArn, workerName: "w" }));
  return given(work.taskToken);
}

function inTaskState(scenario: Scenario): Scenario {
  const events = withTaskState(scenario.events);
  return { ...scenario, events };
}

/** Puts a task's events between its entry and, when they end well, its exit. */
function withTaskState(events: readonly string[]): readonly string[] {
  const ending = events.at(-1)?.startsWith("Execution") === true;
  return [
    "TaskStateEntered",
    ...events,
    ...(ending ? [] : ["TaskStateExited", "ExecutionSucceeded"]),
  ];
}
