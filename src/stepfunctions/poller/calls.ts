import type { CheckpointStore, TraceSink } from "../../core/ports.ts";
import {
  type CallOptions,
  errorName,
  isThrottle,
  type StepFunctionsApi,
} from "../step-functions-api.ts";
import type { ApiCall, CallBudget } from "./call-budget.ts";
import { withDeadline } from "./deadline.ts";
import type { MutableStats } from "./stats.ts";

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

/** What the calls of a {@link budgetedApi} are paid by and told to. */
export interface BudgetedApiParts {
  readonly budget: CallBudget;
  readonly stats: MutableStats;
  readonly stopping: AbortSignal;
  readonly warn: (kind: string, message: string) => void;
  readonly onEnd: (call: ApiCall, outcome: "ok" | "throttled" | "error") => void;
}

/** How often a call is made in all when AWS says "too many": the budget's back-off takes minutes by then. */
const MOST_TRIES = 8;

/**
 * The API with every call paid for, counted and given up in time; what fails rejects with {@link OutsideFailure}. A
 * call that AWS refuses since there are too many is made again when the budget allows: a list of a hundred pages would
 * else begin anew at its first page, and never end while others use up the quota.
 */
export function budgetedApi(api: StepFunctionsApi, parts: BudgetedApiParts): StepFunctionsApi {
  const { budget, stats, stopping, warn, onEnd } = parts;

  async function call<Answer>(
    name: ApiCall,
    run: (options: CallOptions) => Promise<Answer>,
    tries = 1,
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
      onEnd(name, failure.throttled ? "throttled" : "error");
      if (!failure.throttled) {
        stats.apiErrors += 1;
        throw failure;
      }
      budget.throttled();
      stats.throttled += 1;
      warn("throttled", `AWS refuses ${name} since there are too many calls: all wait a while`);
      if (tries >= MOST_TRIES) throw failure;
    }
    return call(name, run, tries + 1);
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
      const checkpoints = store.open()[Symbol.asyncIterator]();
      try {
        for (;;) {
          // Each in its time: a store that hangs must not keep the poller from what it finds by itself.
          // oxlint-disable-next-line no-await-in-loop
          const next = await counted("open", () => checkpoints.next());
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        // Not waited for: one that hangs would hang here, too.
        checkpoints.return?.().catch(() => undefined);
      }
    },
  };
}
