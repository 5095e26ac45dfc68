/**
 * What the pages tell people to write passes the strictest compiler, against the packed package. The snippets of
 * docs/datadog.md and docs/official-interceptors.md are run where their packages are installed: test/stacks.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { compilerLines, inConsumer } from "./consumer.ts";

const PAGES = ["README.md", "docs/exporters.md", "docs/production.md"];

/** What readers have of their own. */
const OWN: Readonly<Record<string, string>> = {
  address: "string",
  workflowsPath: "string",
  activities: "object",
  stateMachineArn: "string",
  history: "{ events: unknown[] }",
  workflowId: "string",
  runId: "string",
};

const OPTIONS =
  "--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck --module node20 --target es2024 --lib es2024 --types node";

const SNIPPETS = PAGES.flatMap((page) => {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
  return [...text.matchAll(/^```ts (\S+)\n([^]*?)^```/gm)].map(([, name = "", code = ""]) => ({
    page,
    name,
    code,
  }));
});

let errors: readonly string[] = [];

beforeAll(() => {
  const declared = Object.entries(OWN).map(([name, type]) => `declare const ${name}: ${type};`);
  writeFileSync(inConsumer("own.d.ts"), `${declared.join("\n")}\n`);
  for (const { name, code } of SNIPPETS)
    writeFileSync(inConsumer(`${name}.mts`), `${code}\nexport {};\n`);
  // One that is wrong: a compiler that is not asked well finds nothing.
  writeFileSync(inConsumer("wrong-snippet.mts"), "workflowTracing();\nexport {};\n");
  const files = ["wrong-snippet", ...SNIPPETS.map(({ name }) => name)].map((name) => `${name}.mts`);
  errors = compilerLines(OPTIONS, ["own.d.ts", ...files]);
});

it("a name that is not imported is reported", () => {
  expect(errors).toContainEqual(expect.stringMatching(/^wrong-snippet\.mts.*TS2304/));
});

it.each(SNIPPETS)("$name of $page compiles as it stands there", ({ name }) => {
  expect(errors.filter((line) => line.startsWith(`${name}.mts`))).toEqual([]);
});
