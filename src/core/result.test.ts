import { expect, it } from "vitest";
import { failure, warningLog } from "./result.ts";

it("counts equal warnings instead of repeating them", () => {
  const log = warningLog();
  log.add("a", "one");
  log.add("a", "two");
  log.add("a", "one");
  expect(log.list()).toEqual([
    { code: "a", message: "one", count: 2 },
    { code: "a", message: "two", count: 1 },
  ]);
});

it("holds at most 100 different warnings and counts the rest as one", () => {
  const log = warningLog();
  for (let i = 0; i < 150; i += 1) log.add("a", String(i));
  log.add("a", "7");
  expect(log.list()).toHaveLength(101);
  expect(log.list().at(-1)).toEqual({ code: "more", message: "further warnings", count: 50 });
  expect(log.list()[7]).toMatchObject({ count: 2 });
});

it("makes a failed result of a code and a message", () => {
  expect(failure("empty", "nothing there")).toEqual({
    ok: false,
    error: { code: "empty", message: "nothing there" },
  });
});
