import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/** A folder that is there while a test runs, a new one for each. */
export interface TemporaryFolder {
  /** Path of a file in the running test's folder, by its parts; of the folder itself when none are given. */
  path(...parts: readonly string[]): string;
}

/**
 * Makes a folder before each test of the file that calls it, and removes it after.
 *
 * @param prefix what its name begins with
 */
export function temporaryFolder(prefix = "durascope-test-"): TemporaryFolder {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), prefix));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return { path: (...parts) => join(folder, ...parts) };
}
