import { property } from "../host/property.ts";
import { within } from "../host/within.ts";

/** A run of a workflow, as the server is asked about it. */
export interface AskedRun {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
}

/** Asks the server about a run, by a read that changes nothing. */
export type AskAboutRun = (run: AskedRun) => Promise<unknown>;

/** What the server of a worker can be asked. Each rejects as the SDK's call does, and when there is no answer in 5 s. */
export interface RunQuestions {
  /** Resolves with the answer to DescribeWorkflowExecution. */
  readonly describe: AskAboutRun;
  /** Resolves with the newest events, newest first: the answer to GetWorkflowExecutionHistoryReverse. */
  readonly newestEvents: AskAboutRun;
}

/** The servers of the workers that run now. */
export interface Servers extends RunQuestions {
  /** A worker runs. One without a connection (replay), or that does not show it, has no server to ask. */
  add(worker: unknown): void;
  /** A worker has ended, and its connection may be closed. */
  remove(worker: unknown): void;
}

/** gRPC's NOT_FOUND: the server knows of no such run. */
export const NOT_FOUND = 5;

const NEWEST = 50;
const CALL_MS = 5000;

/** Makes an account of no servers. Several are asked one after the other, until one knows the run. */
export function servers(): Servers {
  const running = new Map<unknown, object>();

  async function first(method: string, request: object): Promise<unknown> {
    let trouble: unknown = new Error("no worker with a connection is running");
    for (const [index, service] of [...new Set(running.values())].entries()) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- there is one but in rare cases, and others are asked only if it does not know
        return await call(service, method, request);
      } catch (error) {
        // That one does not know the run says nothing, where another could not say.
        if (index === 0 || property(error, "code") !== NOT_FOUND) trouble = error;
      }
    }
    throw trouble;
  }

  return {
    add(worker) {
      const service = serviceOf(worker);
      if (service !== undefined) running.set(worker, service);
    },
    remove: (worker) => void running.delete(worker),
    describe: (run) => first("describeWorkflowExecution", about(run)),
    newestEvents: (run) =>
      first("getWorkflowExecutionHistoryReverse", { ...about(run), maximumPageSize: NEWEST }),
  };
}

function about({ namespace, workflowId, runId }: AskedRun): object {
  return { namespace, execution: { workflowId, runId } };
}

/** The SDK's `workflowService` of a worker's connection; undefined where there is none, or the worker does not show it. */
export function serviceOf(worker: unknown): object | undefined {
  const service = property(property(worker, "connection"), "workflowService");
  return typeof service === "object" && service !== null ? service : undefined;
}

/**
 * Calls the server. Rejects as the SDK does, where the SDK's service has no such method, and when there is no answer in
 * `mostMs` milliseconds: the call itself goes on.
 */
export async function call(
  service: object,
  method: string,
  request: object,
  mostMs: number = CALL_MS,
): Promise<unknown> {
  const rpc: unknown = Reflect.get(service, method);
  if (typeof rpc !== "function") throw new TypeError(`the connection has no ${method}`);
  const asked: unknown = Reflect.apply(rpc, service, [request]);
  const answer = await within(mostMs, Promise.resolve(asked));
  if (answer === undefined) throw new Error(`${method} was not answered in ${mostMs} ms`);
  return answer;
}
