import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { withLock } from "./lock.mjs";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durascope-lock-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it("lets one work at a time, and tells the one that waits who is at work", async () => {
  const lock = join(folder, "lock");
  const log = [];
  const work = (name) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    log.push(`${name} ends`);
  };
  const onWait = vi.fn();
  await Promise.all([withLock(lock, onWait, work("a")), withLock(lock, onWait, work("b"))]);
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  expect(onWait.mock.calls).toEqual([[process.pid]]);
});

it("is released when the work fails", async () => {
  const lock = join(folder, "lock");
  const failing = withLock(lock, vi.fn(), () => Promise.reject(new Error("broken")));
  await expect(failing).rejects.toThrow("broken");
  await expect(withLock(lock, vi.fn(), () => Promise.resolve("ran"))).resolves.toBe("ran");
});

it("is taken over from an owner that lives no more", async () => {
  const lock = join(folder, "lock");
  mkdirSync(lock);
  // Process ids are far below this on every platform that Node runs on.
  writeFileSync(join(lock, "pid"), "2147483646");
  const onWait = vi.fn();
  await expect(withLock(lock, onWait, () => Promise.resolve("ran"))).resolves.toBe("ran");
  expect(onWait).not.toHaveBeenCalled();
});
