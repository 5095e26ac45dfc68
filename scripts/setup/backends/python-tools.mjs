import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { lastLines, run } from "../command.mjs";
import { SetupFailure } from "../failure.mjs";
import { venv as engines, venvPython } from "../layout.mjs";
import { makeVenv } from "../python.mjs";

const requirementsFile = fileURLToPath(new URL("requirements-backends.txt", import.meta.url));
const pythonPath = relative(engines, venvPython);

/**
 * Datadog's test agent, Grafana's dashboard schema and check-jsonschema, in a virtual environment of their own.
 *
 * @returns {import("./installation.mjs").Backend}
 */
export function pythonTools() {
  return {
    name: "python",
    title: "Datadog test agent 1.69.1, Grafana's schema, check-jsonschema (PyPI)",
    version: "1.69.1",
    recipe: { requirements: readFileSync(requirementsFile, "utf8") },
    programs: { python: pythonPath },
    async make(folder) {
      await makeVenv(folder);
      const options = ["--require-hashes", "--no-input", "--disable-pip-version-check"];
      const result = await run(
        join(folder, pythonPath),
        ["-m", "pip", "install", ...options, "-r", requirementsFile],
        // A user-wide "install for the user" is an error inside a virtual environment.
        { cwd: dirname(requirementsFile), env: { ...process.env, PIP_USER: "0", PYTHONPATH: "" } },
      );
      if (result.code === 0) return;
      throw new SetupFailure(
        `pip could not install the tests' Python tools (code ${result.code ?? "none"}; they need Python 3.11 or newer); its last lines are below.`,
        lastLines(result.output),
      );
    },
  };
}
