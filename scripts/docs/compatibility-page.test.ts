import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { COMPATIBILITY_PAGE, compatibilityPage } from "./compatibility-page.ts";

it("docs/compatibility.md is what `npm run docs` writes", () => {
  expect(readFileSync(COMPATIBILITY_PAGE, "utf8")).toBe(compatibilityPage());
});

it("the oldest Node.js is the one that package.json asks for", () => {
  const { engines } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(compatibilityPage()).toContain(`| Node.js | ${engines.node.replace(">=", "")} |`);
});
