import { expect, test } from "vitest";
import { limitedWarnings } from "./limited-warnings.ts";

test("a kind is said once a minute, with how often it was not said; other kinds are not held up", () => {
  let now = 0;
  const said: string[] = [];
  const warn = limitedWarnings(
    (text) => said.push(text),
    () => now,
  );
  for (let i = 0; i < 5; i += 1) warn("a", "first");
  warn("b", "other");
  now = 60_000;
  warn("a", "second");
  expect(said).toEqual([
    "durascope: first",
    "durascope: other",
    "durascope: second (and 4 more of this kind since)",
  ]);
});

test("a logger that throws is nobody's trouble", () => {
  const warn = limitedWarnings(() => {
    throw new Error("disk full");
  }, Date.now);
  expect(() => warn("a", "text")).not.toThrow();
});
