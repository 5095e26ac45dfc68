import { expect, it } from "vitest";
import { checkNode } from "./node-version.mjs";

it("an old Node is told apart from a new one", () => {
  expect(() => checkNode("18.20.4")).toThrow(
    "Node.js 20 or newer is needed to set up (this is 18.20.4)",
  );
  expect(() => checkNode("20.0.0")).not.toThrow();
});
