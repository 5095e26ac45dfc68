import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** Sources that read the environment for a lookup. */
const sources = [
  ...["lookup.ts", "output.ts"].map((name) => `src/cli/${name}`),
  ...["src/cli/lookup", "src/lookup"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name}`,
    ),
  ),
  "src/report/palette.ts",
].filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));

test("docs/lookup.md names the variables of the environment that are read, and no others", () => {
  const read = sources.flatMap((path) =>
    [...text(path).matchAll(/"([A-Z][A-Z_]*[A-Z])"/g)].map((match) => match[1] ?? ""),
  );
  const names =
    /^(?:DURASCOPE|JAEGER|TEMPO|LOKI|DD|DATADOG|GRAFANA|TEMPORAL|OTEL)_|^(?:NO_COLOR|FORCE_COLOR|TERM|COLUMNS)$/;
  const rows = [...text("docs/lookup.md").matchAll(/^\| (`[A-Z_`, ]+`) \|/gm)];
  const told = rows.flatMap((row) => [...(row[1] ?? "").matchAll(/`([A-Z_]+)`/g)]);
  expect(new Set(told.map((match) => match[1]))).toEqual(
    new Set(read.filter((name) => names.test(name))),
  );
});

test("docs/lookup.md quotes sentences that the code says", () => {
  const code = sources.concat("src/report/build-report.ts").map(text).join("\n");
  const quoted = [...text("docs/lookup.md").matchAll(/^\| `([^`]+)` \| [a-z]/gm)]
    .map((match) => match[1] ?? "")
    .filter((sentence) => sentence.includes(" "));
  expect(quoted).toHaveLength(6);
  const parts = quoted.flatMap((sentence) => sentence.split(/\d+ spans|…|\d+ traces|\d+ (?=more)/));
  for (const part of parts.map((words) => words.trim()).filter((words) => words !== "and"))
    expect(code).toContain(part.replace("count once", ""));
});
