import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { inTemporaryFolder } from "./temporary-folder.mjs";

const base = temporaryFolder();

it("is there while the work runs, and gone after it, also when it fails", async () => {
  let seen = "";
  const failing = inTemporaryFolder(base.path(), async (folder) => {
    seen = folder;
    writeFileSync(join(folder, "half"), "");
    throw new Error("broken");
  });
  await expect(failing).rejects.toThrow("broken");
  expect(seen.startsWith(base.path())).toBe(true);
  expect(existsSync(seen)).toBe(false);
});

it("begins empty, whatever a killed set-up has left", async () => {
  /** A work that never comes to its end, as that of a killed process. */
  await new Promise((resolve) => {
    void inTemporaryFolder(base.path(), async (folder) => {
      writeFileSync(join(folder, "left"), "");
      resolve(undefined);
      await new Promise(() => undefined);
    });
  });
  expect(await inTemporaryFolder(base.path(), async (folder) => readdirSync(folder))).toEqual([]);
  expect(readdirSync(base.path())).toEqual([]);
});
