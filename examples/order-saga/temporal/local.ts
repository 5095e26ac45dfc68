/**
 * The saga on a Temporal server of this machine: the server, one worker, and a way to stop both.
 */
import { Connection } from "@temporalio/client";
import { NativeConnection } from "@temporalio/worker";
import { startTemporalServer, type TemporalServer } from "../../../src/engines/index.ts";
import type { ActivityDependencies } from "./activities.ts";
import { createWorker, type OrderWorkerOptions } from "./worker.ts";

/** What the worker is made of. */
export type LocalTemporalOptions = ActivityDependencies &
  Pick<OrderWorkerOptions, "plugins" | "taskQueue">;

/** A server with a running worker of the saga. */
export interface LocalTemporal {
  readonly server: TemporalServer;
  readonly connection: Connection;
  /** Lets the worker finish, then stops the server. Rejects when the worker had crashed. */
  stop(): Promise<void>;
}

/** Starts a server, or takes the one of `TEMPORAL_ADDRESS`, and runs a worker on it. */
export async function startLocalTemporal(options: LocalTemporalOptions): Promise<LocalTemporal> {
  const server = await startTemporalServer();
  const closers: (() => Promise<unknown>)[] = [() => server.stop()];
  const stop = async (): Promise<void> => {
    const results: PromiseSettledResult<unknown>[] = [];
    for (const close of closers.splice(0).toReversed()) {
      // oxlint-disable-next-line no-await-in-loop -- in the opposite order of their start
      results.push(...(await Promise.allSettled([close()])));
    }
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };
  try {
    const connection = await Connection.connect({ address: server.address });
    closers.push(() => connection.close());
    const native = await NativeConnection.connect({ address: server.address });
    closers.push(() => native.close());
    const worker = await createWorker({ connection: native, ...options });
    const running = worker.run();
    // Looked at in `stop`; until then a crash must not end the process as an unhandled rejection.
    running.catch(() => undefined);
    closers.push(async () => {
      if (worker.getState() === "RUNNING") worker.shutdown();
      await running;
    });
    return { server, connection, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}
