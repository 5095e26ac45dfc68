import { Connection } from "@temporalio/client";
import { DurascopeError } from "../core/errors.ts";
import { freePorts, isListenedOn } from "./free-port.ts";
import type { ServerExit } from "./server-process.ts";
import { startEngine } from "./start-engine.ts";
import { findTemporalProgram } from "./temporal-program.ts";
import { waitUntilReady } from "./wait-until-ready.ts";

/** Options of {@link startTemporalServer}. */
export interface TemporalServerOptions {
  /** Folder for the server's log. @default a new temporary folder, removed when the server has ended as asked */
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
const externalTimeoutMs = 8_000;
const callTimeoutMs = 2_000;

interface Ports {
  readonly grpc: number;
  readonly http: number;
  readonly metrics: number;
  readonly ui: number;
}

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
  const ui = options.ui === true;
  const { ports, server, logFile } = await startEngine({
    name: "The Temporal dev server",
    logName: "temporal-server.log",
    logDirectory: options.logDirectory,
    signal: options.signal,
    findPorts,
    command: (found) => ({ program, args: serverArgs(found, ui) }),
    // gRPC waits a second after a refused connection, so the port is looked at first.
    ask: async (found) => (await isListenedOn(found.grpc)) && answers(addressOf(found)),
  });
  return {
    address: addressOf(ports),
    namespace,
    external: false,
    pid: server.pid,
    logFile,
    closed: server.closed,
    stop: server.stop,
    ...(ui && { uiUrl: `http://127.0.0.1:${ports.ui}` }),
  };
}

async function findPorts(): Promise<Ports> {
  const [grpc = 0, http = 0, metrics = 0, ui = 0] = await freePorts(4);
  return { grpc, http, metrics, ui };
}

function addressOf(ports: Ports): string {
  return `127.0.0.1:${ports.grpc}`;
}

function serverArgs(ports: Ports, ui: boolean): readonly string[] {
  return [
    "server",
    "start-dev",
    "--ip",
    "127.0.0.1",
    "--port",
    String(ports.grpc),
    "--http-port",
    String(ports.http),
    "--metrics-port",
    String(ports.metrics),
    ...(ui ? ["--ui-port", String(ports.ui)] : ["--headless"]),
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
