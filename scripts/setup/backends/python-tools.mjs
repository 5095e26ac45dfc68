import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { makeVenv, pipFailure, pipInstall, pythonPath } from "../python.mjs";

const requirementsFile = fileURLToPath(new URL("requirements-backends.txt", import.meta.url));

/** @type {import("../python.mjs").PythonNeed} */
const need = { oldest: [3, 11], remedy: "for the tests' Python tools" };

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
      await makeVenv(folder, need);
      const result = await pipInstall(folder, requirementsFile);
      if (result.code !== 0) throw pipFailure(result, "the tests' Python tools");
    },
  };
}
