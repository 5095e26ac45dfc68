import { dirname, join, relative } from "node:path";
import { lastLines, run } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { venv as engines, venvPython } from "./layout.mjs";
import { inTemporaryFolder, temporaryFilesBelow } from "./temporary-folder.mjs";

/**
 * What needs a Python.
 *
 * @typedef {object} PythonNeed
 * @property {readonly [number, number]} oldest the oldest that every pinned requirement supports
 * @property {string} remedy what to do without one: the end of a sentence that begins with "install it"
 */

/** @type {PythonNeed} */
const ofEngines = {
  oldest: [3, 10],
  remedy:
    "for the local engines, or set TEMPORAL_ADDRESS and AWS_ENDPOINT_URL_SFN to engines that already run",
};

/** The interpreter's path in a virtual environment. */
export const pythonPath = relative(engines, venvPython);

const probe = [
  "import sys",
  "missing = []",
  "for name in ('venv', 'ensurepip'):",
  "    try: __import__(name)",
  "    except ImportError: missing.append(name)",
  "print('durascope', *sys.version_info[:2], *missing)",
].join("\n");

/**
 * The first Python on PATH that is new enough and can make a virtual environment.
 *
 * @param {PythonNeed} [need]
 * @returns {Promise<{ program: string, args: string[] }>}
 */
export async function findPython({ oldest, remedy } = ofEngines) {
  const found = [];
  let withoutVenv;
  for (const candidate of candidates()) {
    // oxlint-disable-next-line no-await-in-loop -- the first that fits is taken
    const result = await run(candidate.program, [...candidate.args, "-c", probe]);
    const python = result.code === 0 ? readProbe(result.output) : undefined;
    if (python === undefined) continue;
    if (!isNewEnough(python.version, oldest))
      found.push(`${candidate.program} ${python.version.join(".")}`);
    else if (python.missing.length > 0) withoutVenv ??= { ...candidate, missing: python.missing };
    else return candidate;
  }
  if (withoutVenv !== undefined) {
    throw new SetupFailure(
      `${withoutVenv.program} has no module ${withoutVenv.missing.join(" and ")}, which a virtual environment needs: install it (on Debian and Ubuntu: apt install python3-venv) ${remedy}.`,
    );
  }
  const instead = found.length > 0 ? ` (found only ${[...new Set(found)].join(", ")})` : "";
  throw new SetupFailure(
    `Python ${oldest.join(".")} or newer is missing${instead}: install it ${remedy}.`,
  );
}

/**
 * Makes a virtual environment, with pip in it.
 *
 * @param {string} folder
 * @param {PythonNeed} [need]
 */
export async function makeVenv(folder, need = ofEngines) {
  const python = await findPython(need);
  const result = await run(python.program, [...python.args, "-m", "venv", "--clear", folder]);
  if (result.code !== 0) {
    throw new SetupFailure(
      `${python.program} could not make a virtual environment in ${folder}; its last lines are below.`,
      lastLines(result.output),
    );
  }
}

/**
 * Installs exactly what a requirements file pins by hash, into a virtual environment.
 *
 * @param {string} folder the environment
 * @param {string} requirements absolute path
 * @returns {ReturnType<typeof run>}
 */
export function pipInstall(folder, requirements) {
  const options = ["--require-hashes", "--no-input", "--disable-pip-version-check"];
  return inTemporaryFolder(folder, (temporary) =>
    run(join(folder, pythonPath), ["-m", "pip", "install", ...options, "-r", requirements], {
      cwd: dirname(requirements),
      env: {
        ...process.env,
        // A user-wide "install for the user" is an error inside a virtual environment.
        PIP_USER: "0",
        PYTHONPATH: "",
        // A killed pip leaves what it was unpacking.
        ...temporaryFilesBelow(temporary),
      },
    }),
  );
}

/**
 * What a pip that could not install is told as.
 *
 * @param {{ output: string, code: number | null }} result
 * @param {string} what
 */
export function pipFailure(result, what) {
  const hashes = /DO NOT MATCH THE HASHES/u.test(result.output);
  const why = hashes
    ? "a downloaded file is not the one that the requirements file pins by hash"
    : "the Python package index could not be reached or refused";
  return new SetupFailure(
    `pip could not install ${what} (code ${result.code ?? "none"}): ${why}; pip's last lines are below.`,
    lastLines(result.output),
  );
}

/**
 * Reads what the probe printed; undefined when that was something else (the macOS stub, a Windows store alias).
 *
 * @param {string} output
 * @returns {{ version: [number, number], missing: string[] } | undefined}
 */
export function readProbe(output) {
  const match = /^durascope (\d+) (\d+)((?: \w+)*)$/mu.exec(output.trim());
  if (match === null) return undefined;
  const missing = (match[3] ?? "").split(" ").filter((word) => word !== "");
  return { version: [Number(match[1]), Number(match[2])], missing };
}

/**
 * @param {readonly [number, number]} version
 * @param {readonly [number, number]} oldest
 */
function isNewEnough([major, minor], oldest) {
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

function candidates() {
  const named = [
    "python3",
    "python",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
  ];
  const list = named.map((program) => ({ program, args: /** @type {string[]} */ ([]) }));
  return process.platform === "win32" ? [...list, { program: "py", args: ["-3"] }] : list;
}
