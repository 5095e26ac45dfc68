import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { VOCABULARY, VOCABULARY_VERSION } from "../src/core/vocabulary.ts";
import { fakeStepFunctions } from "../test/doubles/fake-step-functions.ts";

function page(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../docs/${name}.md`, import.meta.url)), "utf8");
}

function snippet(text: string, mark: string): string {
  const found = new RegExp(`\`\`\`\\w+ ${mark}\\n([^]*?)\`\`\``).exec(text)?.[1];
  if (found === undefined) throw new Error(`there is no snippet ${mark}`);
  return found;
}

describe("docs/production.md", () => {
  it("grants the poller what it calls, and no more", () => {
    const policy: { Statement: { Action: string | string[] }[] } = JSON.parse(
      snippet(page("production"), "iam-poller"),
    );
    const granted = policy.Statement.flatMap(({ Action }) => Action).toSorted();
    const called = Object.keys(fakeStepFunctions().api)
      .map((name) => `states:${name.charAt(0).toUpperCase()}${name.slice(1)}`)
      .toSorted();
    expect(granted).toEqual(called);
  });
});

describe("docs/attribute-schema.md", () => {
  it("has the present version as its last entry", () => {
    const versions = [...page("attribute-schema").matchAll(/^\| (\d+\.\d+\.\d+) \|/gm)];
    expect(versions.at(-1)?.[1]).toBe(VOCABULARY_VERSION);
  });

  it("gets a new version when attributes change: then this digest and the version are to be changed together", () => {
    const keys = Object.values(VOCABULARY).map(({ key, type }) => `${key} ${type}`);
    const digest = createHash("sha256").update(keys.toSorted().join("\n")).digest("hex");
    expect(`${VOCABULARY_VERSION} ${digest.slice(0, 16)}`).toMatchInlineSnapshot(
      `"1.0.0 cb224d14983546f8"`,
    );
  });
});
