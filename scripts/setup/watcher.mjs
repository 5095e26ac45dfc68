// Ends a command when the process that runs it is killed: node watcher.mjs <process id of the command>
//
// A process that is killed by SIGKILL cannot pass that on. This one holds the other end of a pipe to it:
// the kernel closes the pipe, and that is the sign. When all goes well it is ended before the pipe closes.
import { setTimeout as sleep } from "node:timers/promises";

const graceMs = 2_000;
const pid = Number(process.argv[2]);

// Ctrl-C at the terminal reaches this process too, and the command may take its time to wind up.
process.on("SIGINT", () => undefined);

process.stdin.resume().on("end", () => {
  if (send("SIGTERM")) void sleep(graceMs).then(() => send("SIGKILL"));
});

/**
 * @param {NodeJS.Signals} signal
 * @returns {boolean} whether the command still runs
 */
function send(signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
