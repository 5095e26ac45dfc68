import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { stackSteps } from "./stacks.mjs";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durascope-stacks-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it("finds the folders that have packages of their own", () => {
  for (const name of ["b", "a", "without"]) mkdirSync(join(folder, name));
  for (const name of ["a", "b"]) writeFileSync(join(folder, name, "package-lock.json"), "{}");
  writeFileSync(join(folder, "README.md"), "");
  const titles = stackSteps(folder).map((step) => step.title);
  expect(titles).toHaveLength(2);
  expect(titles[0]).toMatch(/a \(npm ci\)$/u);
});

it("finds none where there is no such folder", () => {
  expect(stackSteps(join(folder, "absent"))).toEqual([]);
});
