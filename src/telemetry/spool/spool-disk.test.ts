import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { isMissing } from "../../host/system-error.ts";
import { NODE_DISK } from "./spool-disk.ts";

const folder = temporaryFolder();

test("the file system does what a spool asks of it", async () => {
  const root = folder.path("a", "b");
  expect(await NODE_DISK.names(root)).toEqual([]);
  await NODE_DISK.makeFolder(root);
  await NODE_DISK.makeFolder(root);
  const file = folder.path("a", "b", "one");
  await NODE_DISK.write(file, Buffer.from("text"));
  await expect(NODE_DISK.write(file, Buffer.from("again"))).rejects.toThrow(/EEXIST/);
  await NODE_DISK.rename(file, folder.path("a", "b", "two"));
  await NODE_DISK.syncNames(root);
  expect(await NODE_DISK.names(root)).toEqual(["two"]);
  const moved = folder.path("a", "b", "two");
  expect((await NODE_DISK.read(moved)).toString()).toBe("text");
  await NODE_DISK.touch(moved, 5_000_000);
  expect(await NODE_DISK.look(moved)).toEqual({ size: 4, changed: 5_000_000 });
  await NODE_DISK.removeFolder(root);
  await NODE_DISK.remove(moved);
  await NODE_DISK.remove(moved);
  await NODE_DISK.removeFolder(root);
  await NODE_DISK.removeFolder(root);
  const error: unknown = await NODE_DISK.look(root).catch((reason: unknown) => reason);
  expect(isMissing(error)).toBe(true);
});

test("what it makes is its owner's alone", async ({ skip }) => {
  skip(process.platform === "win32", "Windows keeps rights in lists of its own and has no modes");
  await NODE_DISK.makeFolder(folder.path("spool"));
  await NODE_DISK.write(folder.path("spool", "file"), Buffer.from("x"));
  expect(statSync(folder.path("spool")).mode & 0o777).toBe(0o700);
  expect(statSync(folder.path("spool", "file")).mode & 0o777).toBe(0o600);
});
