import { SetupFailure } from "./failure.mjs";

const oldest = 20;

/**
 * Throws when a Node.js is too old for the set-up itself; the tests bring their own Node.
 *
 * @param {string} version as `20.11.1`
 */
export function checkNode(version) {
  if (Number.parseInt(version, 10) >= oldest) return;
  throw new SetupFailure(
    `Node.js ${oldest} or newer is needed to set up (this is ${version}): install it from https://nodejs.org.`,
  );
}
