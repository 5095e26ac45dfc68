import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const environment = join(repository, ".durascope", "venv");
const windows = process.platform === "win32";

/** Python of the engines' virtual environment, which `npm run setup` makes. */
export const enginePython: string = windows
  ? join(environment, "Scripts", "python.exe")
  : join(environment, "bin", "python");

/** The Temporal dev server of the engines' virtual environment; absent where PyPI has no wheel. */
export const pinnedTemporal: string = windows
  ? join(environment, "Scripts", "temporal.exe")
  : join(environment, "bin", "temporal");

/** Git-ignored folder for a Temporal dev server that the SDK downloads. */
export const downloadFolder: string = join(repository, ".durascope", "temporal");

/** Folder of the Python package that is the Step Functions endpoint's launcher. */
export const launcherFolder: string = fileURLToPath(new URL(".", import.meta.url));

/** How the temporary folders begin that engines' logs lie in. */
export const ENGINE_FOLDER = "durascope-engine-";
