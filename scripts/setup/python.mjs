import { lastLines, run } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";

/** Oldest Python that every pinned requirement supports. */
const oldest = [3, 10];

const probe = [
  "import sys",
  "missing = []",
  "for name in ('venv', 'ensurepip'):",
  "    try: __import__(name)",
  "    except ImportError: missing.append(name)",
  "print('durascope', *sys.version_info[:2], *missing)",
].join("\n");

const otherWay = "or set TEMPORAL_ADDRESS and AWS_ENDPOINT_URL_SFN to engines that already run";

/**
 * The first Python on PATH that can make a virtual environment.
 *
 * @returns {Promise<{ program: string, args: string[] }>}
 */
export async function findPython() {
  const found = [];
  let withoutVenv;
  for (const candidate of candidates()) {
    // oxlint-disable-next-line no-await-in-loop -- the first that fits is taken
    const result = await run(candidate.program, [...candidate.args, "-c", probe]);
    const python = result.code === 0 ? readProbe(result.output) : undefined;
    if (python === undefined) continue;
    if (!isNewEnough(python.version))
      found.push(`${candidate.program} ${python.version.join(".")}`);
    else if (python.missing.length > 0) withoutVenv ??= { ...candidate, missing: python.missing };
    else return candidate;
  }
  if (withoutVenv !== undefined) {
    throw new SetupFailure(
      `${withoutVenv.program} has no module ${withoutVenv.missing.join(" and ")}, which the local engines' virtual environment needs: install it (on Debian and Ubuntu: apt install python3-venv), ${otherWay}.`,
    );
  }
  const instead = found.length > 0 ? ` (found only ${[...new Set(found)].join(", ")})` : "";
  throw new SetupFailure(
    `Python ${oldest.join(".")} or newer is missing${instead}: install it for the local engines, ${otherWay}.`,
  );
}

/**
 * Makes a virtual environment, with pip in it.
 *
 * @param {string} folder
 */
export async function makeVenv(folder) {
  const python = await findPython();
  const result = await run(python.program, [...python.args, "-m", "venv", "--clear", folder]);
  if (result.code !== 0) {
    throw new SetupFailure(
      `${python.program} could not make a virtual environment in ${folder}; its last lines are below.`,
      lastLines(result.output),
    );
  }
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

/** @param {readonly [number, number]} version */
function isNewEnough([major, minor]) {
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

function candidates() {
  const named = ["python3", "python", "python3.13", "python3.12", "python3.11", "python3.10"];
  const list = named.map((program) => ({ program, args: /** @type {string[]} */ ([]) }));
  return process.platform === "win32" ? [...list, { program: "py", args: ["-3"] }] : list;
}
