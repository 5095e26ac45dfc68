import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { inTemporaryFolder } from "./temporary-folder.mjs";

let base = "";

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "durascope-temporary-"));
});

afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

it("is there while the work runs, and gone after it, also when it fails", async () => {
  let seen = "";
  const failing = inTemporaryFolder(base, async (folder) => {
    seen = folder;
    writeFileSync(join(folder, "half"), "");
    throw new Error("broken");
  });
  await expect(failing).rejects.toThrow("broken");
  expect(seen.startsWith(base)).toBe(true);
  expect(existsSync(seen)).toBe(false);
});

it("begins empty, whatever a killed set-up has left", async () => {
  /** A work that never comes to its end, as that of a killed process. */
  await new Promise((resolve) => {
    void inTemporaryFolder(base, async (folder) => {
      writeFileSync(join(folder, "left"), "");
      resolve(undefined);
      await new Promise(() => undefined);
    });
  });
  expect(await inTemporaryFolder(base, async (folder) => readdirSync(folder))).toEqual([]);
  expect(readdirSync(base)).toEqual([]);
});
