import { expect, it } from "vitest";
import { DurascopeError, isDurascopeError } from "./errors.ts";

it("is an error with a stable code, a message and a cause", () => {
  const cause = new Error("refused");
  const error = new DurascopeError("no_engine", "no engine answers", { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "DurascopeError",
    code: "no_engine",
    message: "no engine answers",
    cause,
  });
});

it("is recognised, also when another copy of the package made it", () => {
  const ofAnotherCopy = Object.defineProperty(new Error("x"), Symbol.for("durascope.error"), {
    value: true,
  });
  expect(isDurascopeError(new DurascopeError("a", "b"))).toBe(true);
  expect(isDurascopeError(ofAnotherCopy)).toBe(true);
});

it.each([new Error("x"), null, undefined, "durascope", { code: "a" }])(
  "does not take %s for one",
  (value) => {
    expect(isDurascopeError(value)).toBe(false);
  },
);
