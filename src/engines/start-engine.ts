import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DurascopeError } from "../core/errors.ts";
import { ENGINE_FOLDER } from "./paths.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { describeExit, type NotReady, waitUntilReady } from "./wait-until-ready.ts";

/** How to start one engine, see {@link startEngine}. */
export interface EngineStart<Ports> {
  /** Name of the engine in error messages. */
  readonly name: string;
  /** Name of its log file. */
  readonly logName: string;
  /** Folder for the log. By default a new one, removed when the engine has ended as asked. */
  readonly logDirectory?: string | undefined;
  /** Ends the engine when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** Finds free ports; asked again for each try. */
  readonly findPorts: () => Promise<Ports>;
  readonly command: (ports: Ports) => {
    readonly program: string;
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  };
  /** Milliseconds after which it is given up. @default 30,000 */
  readonly timeoutMs?: number;
  /** Resolves true when the engine answers; a rejection counts as "not yet". */
  readonly ask: (ports: Ports) => Promise<boolean>;
}

/** An engine that answers. */
export interface StartedEngine<Ports> {
  readonly ports: Ports;
  readonly server: ServerProcess;
  readonly logFile: string;
}

const defaultTimeoutMs = 30_000;
const tries = 3;

/**
 * Starts an engine on free ports and resolves when it answers.
 *
 * Another process may take a port between our look and the engine's bind: then it is tried again with other
 * ports, three times in all. Throws a {@link DurascopeError} when the engine ends or does not answer in time.
 */
export async function startEngine<Ports>(start: EngineStart<Ports>): Promise<StartedEngine<Ports>> {
  const folder = start.logDirectory ?? (await mkdtemp(join(tmpdir(), ENGINE_FOLDER)));
  const logFile = join(folder, start.logName);
  if (start.logDirectory !== undefined) return tryToStart(start, logFile, 1);
  // A process that ends while the engine starts has nobody else to remove the folder.
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    const engine = await tryToStart(start, logFile, 1);
    void removeAfterUse(engine.server, remove);
    return engine;
  } catch (error) {
    process.off("exit", remove);
    throw error;
  }
}

async function tryToStart<Ports>(
  start: EngineStart<Ports>,
  logFile: string,
  attempt: number,
): Promise<StartedEngine<Ports>> {
  const ports = await start.findPorts();
  const server = await startServerProcess({
    name: start.name,
    ...start.command(ports),
    logFile,
    ...(start.signal && { signal: start.signal }),
  });
  const { timeoutMs = defaultTimeoutMs } = start;
  const reason = await waitUntilReady({ ask: () => start.ask(ports), timeoutMs }, server);
  if (reason === undefined) return { ports, server, logFile };
  await server.stop();
  if (attempt < tries && isPortTaken(reason)) return tryToStart(start, logFile, attempt + 1);
  const what =
    reason.why === "silent"
      ? `did not answer within ${timeoutMs / 1000} s`
      : `ended while starting (${describeExit(reason.exit)})`;
  throw new DurascopeError("ENGINE_NOT_READY", `${start.name} ${what}. Its log is ${logFile}.`);
}

function isPortTaken(reason: NotReady): boolean {
  // Temporal says "address already in use", moto "Address already in use" or "Port ... is in use".
  return reason.why === "exited" && /in use/iu.test(reason.exit.logTail);
}

/** The log of an engine that died stays, so that somebody can read why. */
async function removeAfterUse(server: ServerProcess, remove: () => void): Promise<void> {
  const exit = await server.closed;
  process.off("exit", remove);
  if (exit.expected) remove();
}
