import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DurascopeError } from "../core/errors.ts";
import { deferred } from "./deferred.ts";

/** How a server process ended. */
export interface ServerExit {
  /** True when {@link ServerProcess.stop} or the signal asked for it. */
  readonly expected: boolean;
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines of the server's log, at most 4 KiB. */
  readonly logTail: string;
}

/** A server that runs as a process of its own and ends when this process does. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the server has ended, for whatever reason; never rejects. */
  readonly closed: Promise<ServerExit>;
  /** Ends the server (SIGTERM, after 2 s SIGKILL) and resolves when it is gone. May be called again. */
  readonly stop: () => Promise<void>;
}

/** What to start, see {@link startServerProcess}. */
export interface ServerProcessOptions {
  /** Name of the server in error messages. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** File that gets the server's standard output and error; appended to. */
  readonly logFile: string;
  /** Ends the server when it fires, as `stop` does. */
  readonly signal?: AbortSignal;
}

const tailBytes = 4_096;

/**
 * Starts a server on a leash: a small process in between ends the server when this process ends, also
 * when it crashes or is killed by SIGKILL. Both run in a session of their own, so Ctrl-C at the terminal
 * reaches this process alone, which can still use the server while it winds up.
 *
 * Throws a {@link DurascopeError} when the program cannot be started.
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const leash = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("leash.ts", import.meta.url)),
      options.logFile,
      options.program,
      ...options.args,
    ],
    { stdio: ["pipe", "pipe", "ignore"], env: { ...process.env, ...options.env }, detached: true },
  );
  // When the leash is gone first, ending it must not throw.
  leash.stdin.on("error", () => undefined);

  let stopping = false;
  const { promise: closed, resolve: close } = deferred<ServerExit>();
  const { promise: started, resolve: start, reject: fail } = deferred<number>();
  const exit = { code: null as number | null, signal: null as string | null };

  createInterface({ input: leash.stdout }).on("line", (line) => {
    const fact = readFact(line);
    if (fact.pid !== undefined) start(fact.pid);
    if (fact.error !== undefined) fail(cannotStart(options, fact.error));
    if (fact.code !== undefined) exit.code = fact.code;
    if (fact.signal !== undefined) exit.signal = fact.signal;
  });
  leash.on("error", (error) => fail(cannotStart(options, error.message)));
  leash.on("close", () => {
    fail(cannotStart(options, "it ended at once"));
    close({ expected: stopping, ...exit, logTail: logTail(options.logFile) });
  });

  async function stop(): Promise<void> {
    stopping = true;
    // Not closed: should this process be killed meanwhile, the leash must still notice.
    leash.stdin.write("end\n");
    await closed;
  }

  const pid = await started;
  const onAbort = (): void => void stop();
  if (options.signal?.aborted === true) onAbort();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  void closed.then(() => options.signal?.removeEventListener("abort", onAbort));
  return { pid, closed, stop };
}

/** The end of a log file, at most 4 KiB; empty when the file cannot be read. */
function logTail(logFile: string): string {
  try {
    const file = openSync(logFile, "r");
    try {
      const size = fstatSync(file).size;
      const length = Math.min(size, tailBytes);
      const buffer = Buffer.alloc(length);
      readSync(file, buffer, 0, length, size - length);
      return buffer.toString("utf8").trim();
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}

interface LeashFact {
  readonly pid?: number;
  readonly error?: string;
  readonly code?: number | null;
  readonly signal?: string | null;
}

function readFact(line: string): LeashFact {
  const fact: LeashFact = JSON.parse(line);
  return fact;
}

function cannotStart(options: ServerProcessOptions, why: string): DurascopeError {
  return new DurascopeError(
    "ENGINE_NOT_STARTED",
    `${options.name} (${options.program}) cannot be started: ${why}. Its log is ${options.logFile}.`,
  );
}
