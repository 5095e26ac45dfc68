/** The declarations of every subpath hold together, for a project of either module system and the strictest compiler. */
import { writeFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { compilerLines, inConsumer } from "./consumer.ts";
import { SUBPATHS } from "./subpaths.ts";

const OPTIONS =
  "--noEmit --strict --exactOptionalPropertyTypes --module node20 --target es2024 --types node";

const everySubpath = SUBPATHS.map(
  ({ specifier }, index) => `import * as m${index} from "${specifier}"; export { m${index} };`,
).join("\n");
const noSuchName = 'import { noSuchName } from "durascope/lambda"; noSuchName();';

const SOURCES: Readonly<Record<string, string>> = {
  "right.mts": everySubpath,
  "right.cts": everySubpath,
  "wrong.mts": noSuchName,
  "wrong.cts": noSuchName,
};

let errors: readonly string[] = [];

beforeAll(() => {
  for (const [file, source] of Object.entries(SOURCES)) writeFileSync(inConsumer(file), source);
  errors = compilerLines(OPTIONS, Object.keys(SOURCES));
});

it.each(["right.mts", "right.cts"])("%s compiles with every subpath", (file) => {
  expect(errors.filter((line) => line.startsWith(file))).toEqual([]);
});

it("the package's own declarations have no errors", () => {
  // Other packages' declarations are theirs: not all of them pass without `skipLibCheck`.
  expect(errors.filter((line) => line.includes("node_modules/durascope/"))).toEqual([]);
});

it.each(["wrong.mts", "wrong.cts"])("a name that is not there is reported in %s", (file) => {
  const reported = errors.filter((line) => line.startsWith(file));
  expect(reported).toEqual([expect.stringContaining("error TS2305")]);
});
