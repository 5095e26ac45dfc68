import { expect, it } from "vitest";
import { ENGINE_WORDS, VOCABULARY } from "./vocabulary.ts";

const entries = Object.values(VOCABULARY);

it("uses every attribute name once", () => {
  const keys = entries.map((entry) => entry.key);
  expect(new Set(keys).size).toBe(keys.length);
});

it("keeps its names flat, below workflow. or durascope.", () => {
  for (const { key } of entries) expect(key).toMatch(/^(workflow|durascope)(\.[a-z_]+)+$/);
});

it("says for both engines what each attribute holds", () => {
  for (const entry of entries) {
    expect(entry.temporal).not.toBe("");
    expect(entry.stepFunctions).not.toBe("");
  }
});

it("has no name beside the vocabulary that the vocabulary uses itself", () => {
  const keys = new Set(entries.map((entry) => entry.key));
  for (const words of Object.values(ENGINE_WORDS)) {
    for (const alias of [words.idAlias, words.runIdAlias, words.activityIdAlias])
      expect(keys.has(alias ?? "")).toBe(false);
  }
});
