import { SetupFailure } from "../failure.mjs";

/**
 * Does the steps that are not done, in order, with a line at each one's begin and end: whole lines, since another row of
 * steps may write between them. A step that fails keeps no other from being done.
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
    write(`setup: ${step.title} ...\n`);
    const begin = now();
    try {
      // oxlint-disable-next-line no-await-in-loop -- in order: later steps may need what earlier ones made
      const note = await step.run();
      const seconds = ((now() - begin) / 1000).toFixed(1);
      write(`setup: ${step.title} ... ${seconds} s\n${note ? `setup: ${note}\n` : ""}`);
    } catch (error) {
      if (!(error instanceof SetupFailure)) throw error;
      const detail = error.detail === "" ? "" : `${error.detail.replaceAll(/^/gmu, "  ")}\n`;
      write(`setup: ${step.title} ... failed\nsetup: ${error.message}\n${detail}`);
      failures.set(step, error);
    }
  }
  return failures;
}
