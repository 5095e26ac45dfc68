import { describe, expect, test } from "vitest";
import { sparingWarnings } from "./sparing-warnings.ts";

const HOUR = 3_600_000;

describe("warnings that are sparing", () => {
  test("say each kind of thing once an hour", () => {
    const said: string[] = [];
    let now = 0;
    const warn = sparingWarnings(
      (message) => void said.push(message),
      () => now,
    );
    expect(warn("full", "the spool is full")).toBe(true);
    expect(warn("away", "the backend is away")).toBe(true);
    now = HOUR - 1;
    expect(warn("full", "the spool is still full")).toBe(false);
    now = HOUR;
    expect(warn("full", "the spool is full again")).toBe(true);
    expect(said).toEqual(["the spool is full", "the backend is away", "the spool is full again"]);
  });

  test("are not silenced by a clock that was set back", () => {
    const said: string[] = [];
    let now = 10 * HOUR;
    const warn = sparingWarnings(
      (message) => void said.push(message),
      () => now,
    );
    warn("full", "before");
    now = 5 * HOUR;
    expect(warn("full", "after")).toBe(true);
    expect(said).toEqual(["before", "after"]);
  });

  test("outlive a logger that throws", () => {
    const warn = sparingWarnings(
      () => {
        throw new Error("no logger");
      },
      () => 0,
    );
    expect(warn("full", "the spool is full")).toBe(true);
  });
});
