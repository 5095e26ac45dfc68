import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ENGINE_WORDS, VOCABULARY } from "../../src/core/vocabulary.ts";
import { attributesPage, PAGE } from "./attributes-page.ts";

it("docs/attributes.md is what `npm run docs` writes", () => {
  expect(readFileSync(PAGE, "utf8")).toBe(attributesPage());
});

it("the page names every attribute, and every name that an engine is customarily told by", () => {
  const page = attributesPage();
  const names = Object.values(VOCABULARY).map(({ key }) => key);
  for (const { idAlias, runIdAlias, activityIdAlias } of Object.values(ENGINE_WORDS))
    names.push(...[idAlias, runIdAlias, activityIdAlias].filter((name) => name !== undefined));
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
