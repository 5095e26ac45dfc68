import { join } from "node:path";
import { Connection } from "@temporalio/client";
import { DurascopeError } from "../core/errors.ts";
import { freePorts } from "./free-port.ts";
import { newLogFolder } from "./paths.ts";
import { type ServerExit, type ServerProcess, startServerProcess } from "./server-process.ts";
import { findTemporalProgram } from "./temporal-program.ts";
import { type NotReady, notReadyError, waitUntilReady } from "./wait-until-ready.ts";

/** Options of {@link startTemporalServer}. */
export interface TemporalServerOptions {
  /** Folder for the server's log; a new one in the system's temporary folder by default. */
  readonly logDirectory?: string;
  /** Ends the server when it fires. */
  readonly signal?: AbortSignal;
  /** Serves the web UI as well. @default false */
  readonly ui?: boolean;
}

/** A Temporal server that answers: one that we started, or one that was there. */
export interface TemporalServer {
  /** `host:port` of the gRPC frontend. */
  readonly address: string;
  readonly namespace: "default";
  /** True when `TEMPORAL_ADDRESS` named it: `stop` leaves it alone. */
  readonly external: boolean;
  /** Process id of the server; absent when external. */
  readonly pid?: number;
  /** Address of the web UI, when asked for. */
  readonly uiUrl?: string;
  /** The server's log; absent when external. */
  readonly logFile?: string;
  /** Resolves when the server's process has ended, with `expected: false` when nobody asked for it. Never resolves for an external one. */
  readonly closed: Promise<ServerExit>;
  /** Ends the server and resolves when it is gone. May be called again. */
  readonly stop: () => Promise<void>;
}

const namespace = "default";
const externalTimeoutMs = 5_000;
const startTimeoutMs = 30_000;
const callTimeoutMs = 2_000;
const tries = 3;

/**
 * Starts the Temporal dev server on free ports of 127.0.0.1, or uses the one that `TEMPORAL_ADDRESS` names.
 *
 * The server can skip time (`timeSkippingConfig` of a start request) and fires timers to the 10 ms. It ends
 * with this process, however that ends. Throws a {@link DurascopeError} within 30 s when no server answers.
 */
export async function startTemporalServer(
  options: TemporalServerOptions = {},
): Promise<TemporalServer> {
  const address = process.env["TEMPORAL_ADDRESS"];
  if (address !== undefined && address !== "") return useExternal(address);

  const program = await findTemporalProgram();
  const logFile = join(options.logDirectory ?? (await newLogFolder()), "temporal-server.log");
  for (let attempt = 1; ; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- a new attempt only after the last one failed
    const outcome = await tryStart(program, logFile, options);
    if ("server" in outcome) return outcome.server;
    // Another process may have taken the port between our look and the server's bind.
    const portTaken =
      outcome.reason.why === "exited" &&
      /address already in use/iu.test(outcome.reason.exit.logTail);
    if (!portTaken || attempt === tries) {
      throw notReadyError(
        { name: "The Temporal dev server", timeoutMs: startTimeoutMs },
        outcome.reason,
        logFile,
      );
    }
  }
}

type StartOutcome = { readonly server: TemporalServer } | { readonly reason: NotReady };

async function tryStart(
  program: string,
  logFile: string,
  options: TemporalServerOptions,
): Promise<StartOutcome> {
  const [port = 0, httpPort = 0, metricsPort = 0, uiPort = 0] = await freePorts(4);
  const address = `127.0.0.1:${port}`;
  const server = await startServerProcess({
    name: "The Temporal dev server",
    program,
    args: serverArgs({
      port,
      httpPort,
      metricsPort,
      uiPort: options.ui === true ? uiPort : undefined,
    }),
    logFile,
    ...(options.signal && { signal: options.signal }),
  });
  const reason = await waitUntilReady(
    { ask: () => answers(address), timeoutMs: startTimeoutMs },
    server,
  );
  if (reason !== undefined) {
    await server.stop();
    return { reason };
  }
  return { server: describe(server, address, logFile, options.ui === true ? uiPort : undefined) };
}

function describe(
  server: ServerProcess,
  address: string,
  logFile: string,
  uiPort: number | undefined,
): TemporalServer {
  return {
    address,
    namespace,
    external: false,
    pid: server.pid,
    logFile,
    closed: server.closed,
    stop: server.stop,
    ...(uiPort !== undefined && { uiUrl: `http://127.0.0.1:${uiPort}` }),
  };
}

function serverArgs(ports: {
  readonly port: number;
  readonly httpPort: number;
  readonly metricsPort: number;
  readonly uiPort: number | undefined;
}): readonly string[] {
  return [
    "server",
    "start-dev",
    "--ip",
    "127.0.0.1",
    "--port",
    String(ports.port),
    "--http-port",
    String(ports.httpPort),
    "--metrics-port",
    String(ports.metricsPort),
    ...(ports.uiPort === undefined ? ["--headless"] : ["--ui-port", String(ports.uiPort)]),
    "--log-level",
    "error",
    "--dynamic-config-value",
    // Without it every timer and back-off is rounded up to a second.
    'history.timerProcessorMaxTimeShift="10ms"',
    "--dynamic-config-value",
    "frontend.WorkflowTimeSkippingEnabled=true",
  ];
}

async function useExternal(address: string): Promise<TemporalServer> {
  const reason = await waitUntilReady({
    ask: () => answers(address),
    timeoutMs: externalTimeoutMs,
  });
  if (reason !== undefined) {
    throw new DurascopeError(
      "TEMPORAL_UNREACHABLE",
      `No Temporal server with the namespace "${namespace}" answered at ${address} (TEMPORAL_ADDRESS) within ${externalTimeoutMs / 1000} s. Start it, or unset TEMPORAL_ADDRESS to use a local one.`,
    );
  }
  return {
    address,
    namespace,
    external: true,
    closed: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

/** Whether a Temporal frontend answers at the address and has the namespace. Rejects when nothing listens. */
async function answers(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: callTimeoutMs });
  try {
    await connection.withDeadline(Date.now() + callTimeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } finally {
    await connection.close();
  }
}
