import { expect, it, vi } from "vitest";
import { SetupFailure } from "../failure.mjs";
import { runApart } from "./run-apart.mjs";

function step(title, run, done = false) {
  return { title, isDone: () => done, run: vi.fn(run) };
}

it("goes on after a step that fails, and returns what failed", async () => {
  const broken = step("broken", () => Promise.reject(new SetupFailure("No Go.", "go: not found")));
  const works = step("works", () => Promise.resolve("a note"));
  const done = step("done", () => Promise.resolve(), true);
  const lines = [];
  const failures = await runApart(
    [broken, works, done],
    (text) => lines.push(text),
    () => 0,
  );
  expect([...failures.keys()]).toEqual([broken]);
  expect(works.run).toHaveBeenCalledTimes(1);
  expect(done.run).not.toHaveBeenCalled();
  expect(lines.join("")).toBe(
    "setup: broken ...\nsetup: broken ... failed\nsetup: No Go.\n  go: not found\nsetup: works ...\nsetup: works ... 0.0 s\nsetup: a note\n",
  );
});

it("does not hide an error of its own", async () => {
  const wrong = step("wrong", () => Promise.reject(new TypeError("a bug")));
  await expect(
    runApart(
      [wrong],
      () => undefined,
      () => 0,
    ),
  ).rejects.toThrow("a bug");
});
