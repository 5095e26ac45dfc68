import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { waitingFetch } from "./waiting-fetch.ts";

/** What a run of the command line took. */
export interface MeasuredRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From start to end of the process, in seconds. */
  readonly seconds: number;
  /** Processor time of all its threads, in seconds. */
  readonly cpuSeconds: number;
  /** Of which it waited for answers over HTTP, in seconds. */
  readonly waitedSeconds: number;
  /** The most memory that it held, in MB of a million bytes. */
  readonly megabytes: number;
}

const MAIN = fileURLToPath(new URL("../../dist/cli/main.mjs", import.meta.url));

/** Tells by a pipe of its own what the process used and how long it waited for answers: its output is the command's. */
const TELL = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from "node:fs";
const waiting = (${waitingFetch.toString()})(globalThis.fetch);
globalThis.fetch = waiting.fetch;
process.on("exit", () => {
  writeSync(3, JSON.stringify({ ...process.resourceUsage(), waited: waiting.waited() }));
});
`)}`;

/** Runs the built command line in a process of its own. */
export async function runMeasured(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<MeasuredRun> {
  const started = performance.now();
  const child = spawn(process.execPath, ["--import", TELL, MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const [stdout, stderr, told] = [1, 2, 3].map((i) => {
    const parts: Buffer[] = [];
    child.stdio[i as 1]?.on("data", (part: Buffer) => parts.push(part));
    return parts;
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const seconds = (performance.now() - started) / 1000;
  const text = (parts: readonly Buffer[] = []): string => Buffer.concat(parts).toString();
  const usage = JSON.parse(text(told)) as NodeJS.ResourceUsage & { readonly waited: number };
  return {
    exitCode,
    stdout: text(stdout),
    stderr: text(stderr),
    seconds,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    waitedSeconds: usage.waited / 1000,
    megabytes: (usage.maxRSS * 1024) / 1e6,
  };
}
