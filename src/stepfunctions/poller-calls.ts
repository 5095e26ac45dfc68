import type { CheckpointStore, TraceSink } from "../core/ports.ts";
import type { ApiCall, CallBudget } from "./call-budget.ts";
import { withDeadline } from "./deadline.ts";
import type { MutableStats } from "./poller-stats.ts";
import {
  type CallOptions,
  errorName,
  isThrottle,
  type StepFunctionsApi,
} from "./step-functions-api.ts";

/** Something outside failed, and it is counted already. */
export class OutsideFailure extends Error {
  readonly part: "api" | "sink" | "checkpoints";
  /** The call that failed. */
  readonly call: string;
  /** AWS said "too many calls", which has its own back-off. */
  readonly throttled: boolean;

  constructor(part: OutsideFailure["part"], call: string, cause: unknown) {
    super(`${call} failed`, { cause });
    this.name = "OutsideFailure";
    this.part = part;
    this.call = call;
    this.throttled = part === "api" && isThrottle(cause);
  }
}

/** Whether an error says that an execution does not exist (https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html). */
export function isGone(error: unknown): boolean {
  return error instanceof OutsideFailure && errorName(error.cause) === "ExecutionDoesNotExist";
}

/** Whether an error says that the executions of a state machine cannot be listed. */
export function isExpress(error: unknown): boolean {
  return (
    error instanceof OutsideFailure && errorName(error.cause) === "StateMachineTypeNotSupported"
  );
}

/** The API with every call paid for, counted and given up in time; what fails rejects with {@link OutsideFailure}. */
export function budgetedApi(
  api: StepFunctionsApi,
  budget: CallBudget,
  stats: MutableStats,
  stopping: AbortSignal,
  onEnd: (call: ApiCall, outcome: "ok" | "throttled" | "error") => void = () => undefined,
): StepFunctionsApi {
  async function call<Answer>(
    name: ApiCall,
    run: (options: CallOptions) => Promise<Answer>,
  ): Promise<Answer> {
    await budget.take(name, stopping);
    stats.apiCalls[name] += 1;
    try {
      const answer = await withDeadline((abortSignal) => run({ abortSignal }));
      budget.succeeded();
      onEnd(name, "ok");
      return answer;
    } catch (cause) {
      const failure = new OutsideFailure("api", name, cause);
      if (failure.throttled) {
        budget.throttled();
        stats.throttled += 1;
      } else {
        stats.apiErrors += 1;
      }
      onEnd(name, failure.throttled ? "throttled" : "error");
      throw failure;
    }
  }
  return {
    getExecutionHistory: (input) =>
      call("getExecutionHistory", (options) => api.getExecutionHistory(input, options)),
    listExecutions: (input) =>
      call("listExecutions", (options) => api.listExecutions(input, options)),
    describeExecution: (input) =>
      call("describeExecution", (options) => api.describeExecution(input, options)),
  };
}

/** A sink whose rejections, and hand-overs that never end, are counted. */
export function countedSink(sink: TraceSink, stats: MutableStats): TraceSink {
  return {
    async accept(trace, after) {
      try {
        await withDeadline(() => sink.accept(trace, after));
      } catch (cause) {
        stats.sinkRejections += 1;
        throw new OutsideFailure("sink", "accept", cause);
      }
    },
  };
}

/** A store whose failures are counted. */
export function countedCheckpoints(store: CheckpointStore, stats: MutableStats): CheckpointStore {
  async function counted<Answer>(call: string, run: () => Promise<Answer>): Promise<Answer> {
    try {
      return await withDeadline(run);
    } catch (cause) {
      stats.checkpointErrors += 1;
      throw new OutsideFailure("checkpoints", call, cause);
    }
  }
  return {
    get: (runId) => counted("get", () => store.get(runId)),
    put: (checkpoint) => counted("put", () => store.put(checkpoint)),
    async *open() {
      try {
        yield* store.open();
      } catch (cause) {
        stats.checkpointErrors += 1;
        throw new OutsideFailure("checkpoints", "open", cause);
      }
    },
  };
}
