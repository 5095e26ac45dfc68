import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { installation } from "./installation.mjs";

let cache = "";

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "durascope-cache-"));
});

afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

function backend(make) {
  return {
    name: "tool",
    title: "Tool 1.0",
    version: "1.0",
    recipe: {},
    programs: { tool: "bin-tool" },
    make,
  };
}

async function makeTool(folder) {
  writeFileSync(join(folder, "bin-tool"), "made");
}

it("is made once, and found by a second clone", async () => {
  const make = vi.fn(makeTool);
  const first = installation(backend(make), cache, "linux-x64");
  expect(first.isDone()).toBe(false);
  await first.run();
  const second = installation(backend(make), cache, "linux-x64");
  expect(second.isDone()).toBe(true);
  expect(readFileSync(second.programs.tool, "utf8")).toBe("made");
  expect(make).toHaveBeenCalledTimes(1);
});

it("counts as none when its making was interrupted, and nothing of that is kept", async () => {
  const interrupted = installation(
    backend(async (folder) => {
      await makeTool(folder);
      writeFileSync(join(folder, "half"), "");
      throw new Error("killed");
    }),
    cache,
    "linux-x64",
  );
  await expect(interrupted.run()).rejects.toThrow("killed");
  expect(existsSync(interrupted.programs.tool)).toBe(true);
  expect(interrupted.isDone()).toBe(false);

  const again = installation(backend(makeTool), cache, "linux-x64");
  await again.run();
  expect(again.isDone()).toBe(true);
  expect(existsSync(join(dirname(again.programs.tool), "half"))).toBe(false);
});

it("counts as none when its program was removed", async () => {
  const found = installation(backend(makeTool), cache, "linux-x64");
  await found.run();
  rmSync(found.programs.tool);
  expect(found.isDone()).toBe(false);
});

it("fails when what was made lacks a program", async () => {
  const lacking = installation(
    backend(() => Promise.resolve()),
    cache,
    "linux-x64",
  );
  await expect(lacking.run()).rejects.toThrow(/Tool 1\.0 was made, but without .*bin-tool/u);
  expect(lacking.isDone()).toBe(false);
});
