import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("watcher.mjs", import.meta.url));

/**
 * Starts a process that ends another should this one be killed (see watcher.mjs).
 *
 * @param {number | undefined} pid process id of the other; undefined when it could not be started
 * @returns {() => void} ends the watch: to be called when the other process has ended
 */
export function watch(pid) {
  if (pid === undefined) return () => undefined;
  const watcher = spawn(process.execPath, [script, String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Without a watcher all works as well, but for a kill of this very process.
  watcher.on("error", () => undefined);
  return () => {
    watcher.kill("SIGKILL");
  };
}
