/** Every published subpath loads as ESM and as CommonJS, gives the same names, and loads only what its users need. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { packedFiles, packedText, runNode } from "./consumer.ts";
import { SUBPATHS } from "./subpaths.ts";

it("are all listed here", () => {
  const { exports } = JSON.parse(packedText("package.json"));
  const published = Object.keys(exports).map((path) => path.replace(".", "durascope"));
  expect(published.toSorted()).toEqual(
    ["durascope/package.json", ...SUBPATHS.map(({ specifier }) => specifier)].toSorted(),
  );
});

describe.each(SUBPATHS)("$specifier", ({ specifier, isolate, loads }) => {
  it("gives the same names to import and to require", () => {
    const { imported, required } = JSON.parse(runNode(["exported-names.mjs", specifier]));
    expect(imported).not.toEqual([]);
    expect(required).toEqual(imported);
  });

  it.each(["import", "require"])(`loads ${loads.join(", ") || "no other package"} by %s`, (way) => {
    const loaded = packagesOf(specifier, way);
    expect(loaded).toEqual(expect.arrayContaining(["durascope", ...loads]));
    // What runs in the isolate stands on the SDK's own modules there, whatever these load.
    const allowed = new Set(["durascope", ...loads, ...(isolate ? loadedBySdk() : [])]);
    expect(loaded.filter((name) => !allowed.has(name))).toEqual([]);
  });
});

it.each(["temporal", "stepfunctions"])(
  "a history of %s gives the same spans to import and to require",
  (engine) => {
    // A build may lose what only one of its files uses: then a module loads, and fails when it is called.
    const recording = fileURLToPath(
      new URL(`../fixtures/${engine}/undeliverable.json`, import.meta.url),
    );
    const { imported, required } = JSON.parse(runNode(["spans-of-history.mjs", engine, recording]));
    expect(imported).toContainEqual(expect.objectContaining({ name: "refund" }));
    expect(required).toEqual(imported);
  },
);

it("would be told of an engine's or a vendor's package", () => {
  expect(packagesOf("@aws-sdk/client-sfn", "import")).toContain("@aws-sdk/client-sfn");
  expect(packagesOf("@temporalio/client", "require")).toContain("@temporalio/common");
  expect(packagesOf("@opentelemetry/sdk-trace", "import")).toContain("@opentelemetry/api");
});

it("names no other package in a declaration but the isolate's", () => {
  const named = packedFiles()
    .filter((path) => /\.d\.[cm]ts$/u.test(path))
    .flatMap((path) =>
      [...packedText(path).matchAll(/(?:from|import\()\s*"(?<name>[^."][^"]*)"/gu)].map(
        (match) => `${path}: ${match.groups?.["name"]}`,
      ),
    );
  expect(named).toEqual([
    expect.stringMatching(
      /^dist\/temporal\/workflow\/interceptors\.d\.cts: @temporalio\/workflow$/u,
    ),
  ]);
});

/** Names of the packages that a module loads, its own among them. */
function packagesOf(specifier: string, way: string): string[] {
  return JSON.parse(runNode(["loaded-packages.mjs", specifier, way]));
}

let ofSdk: string[] | undefined;

function loadedBySdk(): readonly string[] {
  ofSdk ??= packagesOf("@temporalio/workflow", "require");
  return ofSdk;
}
