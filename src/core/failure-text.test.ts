import { expect, it } from "vitest";
import { failureText, failureType } from "./failure-text.ts";

it("keeps an application's message unless told otherwise", () => {
  expect(failureText("card 17 was declined")).toBe("card 17 was declined");
});

it("cuts a message to 256 characters and marks the cut", () => {
  const text = failureText("x".repeat(300));
  expect(text).toHaveLength(256);
  expect(text?.endsWith("…")).toBe(true);
  expect(failureText("x".repeat(256))).toBe("x".repeat(256));
});

it("drops every message when told to", () => {
  expect(failureText("card 17 was declined", "drop")).toBeUndefined();
});

it("rewrites a message by the caller's function and cuts its answer", () => {
  expect(failureText("card 17", (message) => message.replace(/\d+/, "…"))).toBe("card …");
  expect(failureText("x", () => "y".repeat(999))).toHaveLength(256);
});

it("lets no message out when the rewriting function throws", () => {
  const text = failureText("card 17", () => {
    throw new Error("broken");
  });
  expect(text).toBeUndefined();
});

it.each([undefined, null, "", 5, { message: "x" }])("finds no message in %j", (message) => {
  expect(failureText(message)).toBeUndefined();
});

it("makes an error's type one line of at most 256 characters", () => {
  expect(failureType("  Card\n Declined ")).toBe("Card Declined");
  expect(failureType("x".repeat(300))).toHaveLength(256);
});

it.each([undefined, null, "", "  \n", 5])("calls a failure of the type %j an Error", (type) => {
  expect(failureType(type)).toBe("Error");
});
