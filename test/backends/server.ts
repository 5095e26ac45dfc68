import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../src/engines/free-port.ts";
import { ENGINE_FOLDER } from "../../src/engines/paths.ts";
import type { ServerExit } from "../../src/engines/server-process.ts";
import { startEngine } from "../../src/engines/start-engine.ts";

/** A real backend that answers. It ends with this process, however that ends. */
export interface RunningBackend {
  readonly pid: number;
  /** The server's own log. */
  readonly logFile: string;
  /** Folder of its configuration, data and log; removed when the server has ended. */
  readonly folder: string;
  /** Resolves when the process has ended, with `expected: false` when nobody asked for it. */
  readonly closed: Promise<ServerExit>;
  /** Ends the server, removes its folder, and resolves when both is done. May be called again. */
  readonly stop: () => Promise<void>;
}

/** How to start one backend, see {@link startBackend}. */
export interface BackendStart {
  /** Name in error messages. */
  readonly name: string;
  /** How many free ports of 127.0.0.1 it takes. */
  readonly portCount: number;
  /** The command, once ports are found; may write files into the folder. Called again for each try. */
  readonly command: (
    ports: readonly number[],
    folder: string,
  ) => {
    readonly program: string;
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  };
  /** Resolves true when the server answers; a rejection counts as "not yet". */
  readonly ask: (ports: readonly number[]) => Promise<boolean>;
}

const logName = "server.log";
const askTimeoutMs = 2_000;
// Other tests build and play at the same time.
const startTimeoutMs = 75_000;
const tailLength = 2_000;

/** Starts a backend on free ports and resolves when it answers; rejects after 75 s, with the end of its log. */
export async function startBackend(
  start: BackendStart,
): Promise<RunningBackend & { readonly ports: readonly number[] }> {
  // With this name the process between removes the folder when the test's process is killed (src/engines/leash.ts).
  const folder = mkdtempSync(join(tmpdir(), ENGINE_FOLDER));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    const { ports, server, logFile } = await startEngine({
      name: start.name,
      logName,
      logDirectory: folder,
      timeoutMs: startTimeoutMs,
      findPorts: () => freePorts(start.portCount),
      command: (found) => start.command(found, folder),
      ask: start.ask,
    });
    return {
      ports,
      pid: server.pid,
      logFile,
      folder,
      closed: server.closed,
      async stop() {
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    const said = logTail(join(folder, logName));
    remove();
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${said}`, {
      cause: error,
    });
  }
}

function logTail(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").slice(-tailLength) : "";
}

/** Whether a GET is answered with a 2xx. Rejects when nothing listens. */
export async function isOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(askTimeoutMs) });
  await response.body?.cancel();
  return response.ok;
}

/** The nth of the ports that were found. */
export function portAt(ports: readonly number[], index: number): number {
  const port = ports[index];
  if (port === undefined) throw new Error(`only ${ports.length} ports were asked for`);
  return port;
}
