/**
 * A worker: the process that runs the saga's workflow code and its activities.
 *
 * Start as many as you like; all that they share is the task queue and the ledger.
 */
import { fileURLToPath } from "node:url";
import { type NativeConnection, Worker, type WorkerOptions } from "@temporalio/worker";
import { type ActivityDependencies, createActivities } from "./activities.ts";
import { TASK_QUEUE } from "./task-queue.ts";

/** What a worker of this saga needs. */
export interface OrderWorkerOptions extends ActivityDependencies {
  readonly connection: NativeConnection;
  /** @default "default" */
  readonly namespace?: string;
  /** @default {@link TASK_QUEUE} */
  readonly taskQueue?: string;
  /** Plugins of the worker; tracing is one. */
  readonly plugins?: NonNullable<WorkerOptions["plugins"]>;
}

/** A worker that is ready to `run()`. Rejects when the workflow bundle cannot be built. */
export async function createWorker(options: OrderWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace ?? "default",
    taskQueue: options.taskQueue ?? TASK_QUEUE,
    workflowsPath: fileURLToPath(new URL("workflow.ts", import.meta.url)),
    activities: createActivities({ ledger: options.ledger, log: options.log }),
    plugins: options.plugins ?? [],
  });
}
