import { constants } from "node:os";
import { endRunningCommands } from "./command.mjs";

/** @type {readonly NodeJS.Signals[]} */
export const endings = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * The exit code by which a shell knows that a signal ended a command.
 *
 * @param {NodeJS.Signals} signal
 */
export function exitCodeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}

/**
 * Lets a signal end the set-up together with the command that it runs just then.
 *
 * @param {(text: string) => void} write
 * @returns {() => void} leaves signals to the system again
 */
export function endOnSignals(write) {
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    write(`\nsetup: interrupted by ${signal}; run the command again to go on\n`);
    endRunningCommands();
    process.exit(exitCodeOf(signal));
  };
  for (const signal of endings) process.on(signal, onSignal);
  return () => {
    for (const signal of endings) process.off(signal, onSignal);
  };
}
