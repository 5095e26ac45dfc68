import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { watch } from "./watch.mjs";

const tailLimit = 16_384;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Ends the commands that are running now: called when set-up itself is told to end. */
export function endRunningCommands() {
  for (const child of running) child.kill("SIGTERM");
}

/**
 * Runs a program to its end and keeps the end of what it printed.
 *
 * `code` is null when the program could not be started at all or was ended by a signal.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, shell?: boolean }} [options]
 * @returns {Promise<{ code: number | null, started: boolean, output: string }>}
 */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    // A set-up that comes after a killed one must not meet its npm or pip still at work.
    const endWatch = watch(child.pid);
    let output = "";
    let started = true;
    /** @param {Buffer} chunk */
    const keep = (chunk) => {
      output = (output + chunk.toString()).slice(-tailLimit);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => {
      started = false;
      output += error.message;
    });
    child.on("close", (code) => {
      running.delete(child);
      endWatch();
      resolve({ code: started ? code : null, started, output });
    });
  });
}

/**
 * The last lines of a program's output that say anything: no blank lines, no stack frames.
 *
 * @param {string} output
 * @param {number} [count]
 * @returns {string}
 */
export function lastLines(output, count = 8) {
  const lines = stripVTControlCharacters(output)
    .split(/\r?\n/u)
    .filter((line) => !/^\s*(?:at\s.*)?$/u.test(line));
  return lines.slice(-count).join("\n");
}
