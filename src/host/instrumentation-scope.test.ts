import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { INSTRUMENTATION_SCOPE } from "./instrumentation-scope.ts";

test("the scope's version is the package's", () => {
  const manifest: { version?: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(INSTRUMENTATION_SCOPE.version).toBe(manifest.version);
});
