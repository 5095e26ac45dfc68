import { expect, it } from "vitest";
import { targets } from "./build.mjs";

it("finds every file that package.json exports, at any depth", () => {
  const exports = {
    ".": { import: { types: "./a.d.mts", default: "./a.mjs" } },
    "./package.json": "./package.json",
  };
  expect(targets(exports)).toEqual(["./a.d.mts", "./a.mjs", "./package.json"]);
});
