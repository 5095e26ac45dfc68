/**
 * Step Functions' API over histories that a test lays out and lets grow, answering as AWS does: pages, newest first
 * or oldest first, a list that is newest first, `ExecutionDoesNotExist`.
 */
import type {
  HistoryPage,
  HistoryRequest,
  ListedExecution,
  ListPage,
  ListRequest,
  StepFunctionsApi,
} from "../../src/stepfunctions/step-functions-api.ts";

/** An event as a history holds it. */
export interface PlainEvent {
  readonly id: number;
  readonly type: string;
  readonly timestamp?: unknown;
}

/** One execution as the double knows it; what a test may change is not readonly. */
export interface FakeExecution {
  events: readonly PlainEvent[];
  /** How many of the events have happened. */
  happened: number;
  started: number;
  redrives: number;
}

/** The API, and what stands behind it. */
export interface FakeStepFunctions {
  readonly api: StepFunctionsApi;
  /** By ARN. */
  readonly executions: Map<string, FakeExecution>;
  /** Every call that was made, in order. */
  readonly calls: { readonly name: keyof StepFunctionsApi; readonly input: object }[];
  /** Adds an execution of which `happened` events are there. */
  add(
    arn: string,
    events: readonly PlainEvent[],
    happened?: number,
    started?: number,
  ): FakeExecution;
  /** Runs before each answer; what it throws is the answer. */
  before: (name: keyof StepFunctionsApi) => Promise<void>;
}

/** An error as the SDK throws it. */
export function awsError(name: string): Error {
  const error = new Error(`${name}: as AWS says it`);
  error.name = name;
  return error;
}

function page<Item>(
  items: readonly Item[],
  size: number,
  nextToken = "0",
): [readonly Item[], string?] {
  const from = Number(nextToken);
  const rest = items.slice(from, from + size);
  return from + size < items.length ? [rest, String(from + size)] : [rest];
}

/** Makes the double, without executions. */
export function fakeStepFunctions(): FakeStepFunctions {
  const executions = new Map<string, FakeExecution>();

  function listed(executionArn: string): ListedExecution {
    const execution = executions.get(executionArn);
    if (execution === undefined) throw awsError("ExecutionDoesNotExist");
    const last = execution.events[execution.happened - 1]?.type ?? "";
    const status = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.exec(last)?.[1];
    return {
      executionArn,
      status: status?.toUpperCase() ?? "RUNNING",
      startDate: new Date(execution.started),
      redriveCount: execution.redrives,
    };
  }

  const fake: FakeStepFunctions = {
    executions,
    calls: [],
    before: () => Promise.resolve(),
    add(arn, events, happened = events.length, started = Date.parse(String(events[0]?.timestamp))) {
      const execution = { events, happened, started, redrives: 0 };
      executions.set(arn, execution);
      return execution;
    },
    api: {
      async getExecutionHistory(input: HistoryRequest): Promise<HistoryPage> {
        fake.calls.push({ name: "getExecutionHistory", input });
        await fake.before("getExecutionHistory");
        const execution = executions.get(input.executionArn);
        if (execution === undefined) throw awsError("ExecutionDoesNotExist");
        const happened = execution.events.slice(0, execution.happened);
        const ordered = input.reverseOrder ? happened.toReversed() : happened;
        const [events, nextToken] = page(ordered, input.maxResults, input.nextToken);
        return { events, nextToken };
      },
      async listExecutions(input: ListRequest): Promise<ListPage> {
        fake.calls.push({ name: "listExecutions", input });
        await fake.before("listExecutions");
        // Executions of a version or an alias have the state machine's own name in their ARNs.
        const unqualified = input.stateMachineArn.split(":").slice(0, 7).join(":");
        const machine = unqualified.replace(":stateMachine:", ":execution:");
        const items = [...executions.keys()]
          .filter((arn) => arn.startsWith(`${machine}:`))
          .map(listed)
          .filter(({ status }) => input.statusFilter === undefined || status === input.statusFilter)
          .toSorted((a, b) => Number(b.startDate) - Number(a.startDate));
        const [found, nextToken] = page(items, input.maxResults, input.nextToken);
        return { executions: found, nextToken };
      },
      async describeExecution(input) {
        fake.calls.push({ name: "describeExecution", input });
        await fake.before("describeExecution");
        return listed(input.executionArn);
      },
    },
  };
  return fake;
}
