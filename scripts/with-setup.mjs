// Makes this clone ready (packages, engines, build) and then runs a command on the project's own Node:
//   node scripts/with-setup.mjs [command [argument...]]
// Plain JavaScript without a dependency: it runs before there is any, on Node 20 or newer.
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { build } from "./setup/build.mjs";
import { python, stepFunctionsEngine, temporalEngine } from "./setup/engines.mjs";
import { SetupFailure } from "./setup/failure.mjs";
import { endings, endOnSignals, exitCodeOf } from "./setup/interruption.mjs";
import { binFolder, resolveCommand, stateFolder } from "./setup/layout.mjs";
import { withLock } from "./setup/lock.mjs";
import { checkNode } from "./setup/node-version.mjs";
import { packages } from "./setup/packages.mjs";
import { withoutProxyHere } from "./setup/proxy.mjs";
import { runSteps } from "./setup/step.mjs";
import { watch } from "./setup/watch.mjs";

const parentCheckMs = 500;
const steps = [python, packages, stepFunctionsEngine, temporalEngine, build];

/**
 * Progress goes to standard error: standard output belongs to the command.
 *
 * @param {string} text
 */
function write(text) {
  process.stderr.write(text);
}

async function setUp() {
  checkNode(process.versions.node);
  if (steps.every((step) => step.isDone())) return;
  const begin = Date.now();
  const leaveToSystem = endOnSignals(write);
  await withLock(
    join(stateFolder, "lock"),
    (owner) => write(`setup: another set-up is at work here (process ${owner}), waiting\n`),
    () => runSteps(steps, write, Date.now),
  );
  leaveToSystem();
  write(`setup: ready after ${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
}

/**
 * Runs the command with the terminal as its own, and ends as it ends.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
function runCommand(command, args) {
  const program = resolveCommand(command);
  const child = spawn(program, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      ...withoutProxyHere(process.env),
      PATH: `${binFolder}${delimiter}${process.env["PATH"] ?? ""}`,
    },
    shell: program.endsWith(".cmd"),
  });
  for (const signal of endings) {
    process.on(signal, () => {
      // At a terminal Ctrl-C reaches the child by itself; a second one would read as "at once".
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  const endWatch = watch(child.pid);
  // A killed npm takes nobody with it: who is left without a parent ends the command.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) child.kill("SIGTERM");
  }, parentCheckMs).unref();
  child.on("error", (error) => {
    write(`setup: cannot run ${command}: ${error.message}\n`);
    process.exitCode = 127;
  });
  child.on("exit", (code, signal) => {
    endWatch();
    process.exit(code ?? (signal === null ? 1 : exitCodeOf(signal)));
  });
}

try {
  await setUp();
  const [command, ...args] = process.argv.slice(2);
  if (command !== undefined) runCommand(command, args);
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  write(`setup: ${error.message}\n`);
  if (error.detail !== "") write(`${error.detail.replaceAll(/^/gmu, "  ")}\n`);
  process.exitCode = 1;
}
