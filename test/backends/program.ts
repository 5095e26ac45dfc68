import { spawn } from "node:child_process";
import { backendProgram } from "./installed.ts";

/** How a program ended and what it printed. */
export interface ProgramResult {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a program runs. */
export interface ProgramOptions {
  /** Working folder. @default this process's */
  readonly cwd?: string;
  /** Variables beside this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input. @default nothing */
  readonly input?: string;
  /** Milliseconds after which it is ended. @default 60,000 */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 60_000;

/** Runs `promtool` of Debian's Prometheus 2.42, such as `["test", "rules", file]`. */
export function promtool(
  args: readonly string[],
  options?: ProgramOptions,
): Promise<ProgramResult> {
  return runProgram(backendProgram("prometheus", "promtool"), args, options);
}

/** Runs docker compose; `config` and all else that needs no Docker engine. */
export function dockerCompose(
  args: readonly string[],
  options?: ProgramOptions,
): Promise<ProgramResult> {
  return runProgram(backendProgram("compose", "docker-compose"), args, options);
}

/** Runs the OpenTelemetry Collector, such as `["validate", "--config", file]`. */
export function collectorProgram(
  args: readonly string[],
  options?: ProgramOptions,
): Promise<ProgramResult> {
  return runProgram(backendProgram("collector", "otelcol"), args, options);
}

/** Runs `check-jsonschema`, such as `["--builtin-schema", "vendor.compose-spec", file]`. */
export function checkJsonSchema(
  args: readonly string[],
  options?: ProgramOptions,
): Promise<ProgramResult> {
  return backendPython(["-m", "check_jsonschema", ...args], options);
}

/** Runs the Python that `grafana-foundation-sdk` and the other Python tools are installed in. */
export function backendPython(
  args: readonly string[],
  options?: ProgramOptions,
): Promise<ProgramResult> {
  return runProgram(backendProgram("python", "python"), args, options);
}

/** Runs a program to its end; what it prints is kept whole. Rejects when it cannot be started. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs ?? defaultTimeoutMs,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    // A program that does not read its input must not end the test.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}
