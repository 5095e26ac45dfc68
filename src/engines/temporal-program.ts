import { access, constants, readdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { DurascopeError } from "../core/errors.ts";
import { downloadFolder, pinnedTemporal } from "./paths.ts";

/**
 * The Temporal command-line tool to run the dev server with: the pinned one of the engines' environment,
 * else `temporal` on PATH, else the one that the Temporal SDK downloads for its own version.
 *
 * Throws a {@link DurascopeError} when there is none and the download fails.
 */
export async function findTemporalProgram(): Promise<string> {
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, process.platform === "win32" ? "temporal.exe" : "temporal"));
  for (const candidate of [pinnedTemporal, ...onPath]) {
    // oxlint-disable-next-line no-await-in-loop -- the order decides
    if (await isExecutable(candidate)) return candidate;
  }
  return (await downloaded()) ?? download();
}

/**
 * Lets the SDK download its dev server. The SDK only starts what it downloads, and would not end it when
 * this process crashes: so it is started once and ended, and run on our leash from then on.
 */
async function download(): Promise<string> {
  try {
    const { TestWorkflowEnvironment } = await import("@temporalio/testing");
    const environment = await TestWorkflowEnvironment.createLocal({
      server: { executable: { type: "cached-download", downloadDir: downloadFolder } },
    });
    await environment.teardown();
  } catch (error) {
    throw new DurascopeError(
      "TEMPORAL_NOT_FOUND",
      `There is no Temporal dev server: no wheel for ${process.platform} ${process.arch}, no \`temporal\` on PATH, and the Temporal SDK could not download one (${error instanceof Error ? error.message : String(error)}). Install the Temporal CLI, or set TEMPORAL_ADDRESS.`,
      { cause: error },
    );
  }
  const program = await downloaded();
  if (program !== undefined) return program;
  throw new DurascopeError(
    "TEMPORAL_NOT_FOUND",
    `The Temporal SDK downloaded a dev server, but none is in ${downloadFolder}. Install the Temporal CLI, or set TEMPORAL_ADDRESS.`,
  );
}

async function downloaded(): Promise<string | undefined> {
  const names = await readdir(downloadFolder).catch(() => []);
  // The SDK's own naming: temporal-sdk-typescript-1.24.0[.exe], and a partial download beside it.
  const name = names.find((entry) => /^temporal-sdk-typescript-[\w.-]*?\d(?:\.exe)?$/u.test(entry));
  return name === undefined ? undefined : join(downloadFolder, name);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
