import { SetupFailure } from "../failure.mjs";

/**
 * Does the steps that are not done, in order, with one line a step. A step that fails keeps no other from being done.
 *
 * @template {import("../step.mjs").Step} S
 * @param {readonly S[]} steps
 * @param {(text: string) => void} write
 * @param {() => number} now milliseconds
 * @returns {Promise<Map<S, SetupFailure>>} what failed, and why
 */
export async function runApart(steps, write, now) {
  /** @type {Map<S, SetupFailure>} */
  const failures = new Map();
  for (const step of steps) {
    if (step.isDone()) continue;
    write(`setup: ${step.title} ...`);
    const begin = now();
    try {
      // oxlint-disable-next-line no-await-in-loop -- each of them takes every core that there is
      const note = await step.run();
      write(` ${((now() - begin) / 1000).toFixed(1)} s\n`);
      if (note) write(`setup: ${note}\n`);
    } catch (error) {
      write(" failed\n");
      if (!(error instanceof SetupFailure)) throw error;
      write(`setup: ${error.message}\n`);
      if (error.detail !== "") write(`${error.detail.replaceAll(/^/gmu, "  ")}\n`);
      failures.set(step, error);
    }
  }
  return failures;
}
