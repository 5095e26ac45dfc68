// A process between a command and a server that it started: it ends the server when the command is gone,
// however the command went. Run as: node leash.ts <log file> <program> [argument...]
//
// The command holds the other end of this process's standard input. The kernel closes it when the command
// ends, by SIGKILL too, and that is the sign. A word on it asks for the end as well, and the command then looks after the
// log itself. Standard output carries one JSON line a fact:
// { "pid": number } when the server runs, { "code", "signal" } or { "error" } when it has ended.
import { spawn } from "node:child_process";
import { openSync, rmSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ENGINE_FOLDER } from "./paths.ts";

const graceMs = 2_000;

const [logFile, program, ...args] = process.argv.slice(2);
if (logFile === undefined || program === undefined) process.exit(64);

const log = openSync(logFile, "a");
const server = spawn(program, args, { stdio: ["pipe", log, log] });

function say(fact: object): void {
  try {
    writeSync(1, `${JSON.stringify(fact)}\n`);
  } catch {
    // The command is gone and nobody reads; the server is ended all the same.
  }
}

let ending = false;
function end(): void {
  if (ending) return;
  ending = true;
  server.kill("SIGTERM");
  setTimeout(() => server.kill("SIGKILL"), graceMs);
}

server.on("spawn", () => say({ pid: server.pid }));
server.on("error", (error) => {
  say({ error: error.message });
  process.exit(1);
});
server.on("exit", (code, signal) => {
  say({ code, signal });
  if (isDeserted) removeOwnFolder();
  process.exit(0);
});
// A server that itself watches its standard input must not see an error here when it ends first.
server.stdin?.on("error", () => undefined);

/** Who made the log's folder is gone, and with it whoever would have removed it. */
function removeOwnFolder(): void {
  const folder = dirname(logFile ?? "");
  if (!basename(folder).startsWith(ENGINE_FOLDER)) return;
  rmSync(folder, { recursive: true, force: true });
}

let isDeserted = false;
function desert(): void {
  isDeserted = true;
  end();
}

process.stdin.on("data", end).on("end", desert).on("error", desert);
process.on("SIGTERM", end);
process.on("SIGINT", end);
process.on("SIGHUP", end);
