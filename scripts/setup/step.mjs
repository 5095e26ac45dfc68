/**
 * One step of the set-up.
 *
 * @typedef {object} Step
 * @property {string} title what the progress line says
 * @property {() => boolean} isDone whether there is nothing to do; cheap, and changes nothing that is installed
 * @property {() => Promise<string | void>} run does the work; may return a sentence that the reader should see
 */

/**
 * Does the steps that are not done, in order, with one line a step.
 *
 * @param {readonly Step[]} steps
 * @param {(text: string) => void} write
 * @param {() => number} now milliseconds
 * @returns {Promise<void>}
 */
export async function runSteps(steps, write, now) {
  for (const step of steps) {
    if (step.isDone()) continue;
    write(`setup: ${step.title} ...`);
    const begin = now();
    let note;
    try {
      // oxlint-disable-next-line no-await-in-loop -- each step needs the one before
      note = await step.run();
    } catch (error) {
      write(" failed\n");
      throw error;
    }
    write(` ${((now() - begin) / 1000).toFixed(1)} s\n`);
    if (note) write(`setup: ${note}\n`);
  }
}
