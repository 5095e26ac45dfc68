import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SetupFailure } from "../failure.mjs";
import { writeInstalledList } from "./installed-list.mjs";

it("names the programs that are there, and the reason for those that are not", () => {
  const folder = mkdtempSync(join(tmpdir(), "durascope-list-"));
  const there = { backend: { name: "jaeger", version: "1.0" }, programs: { jaeger: "/a/jaeger" } };
  const not = { backend: { name: "compose", version: "2.0" }, programs: { compose: "/b/compose" } };
  const file = join(folder, "state", "backends.json");
  writeInstalledList(
    file,
    [there, not],
    new Map([[not, new SetupFailure("Go is missing; its last lines are below.")]]),
  );
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    jaeger: { version: "1.0", programs: { jaeger: "/a/jaeger" } },
    compose: { version: "2.0", programs: {}, reason: "Go is missing." },
  });
  rmSync(folder, { recursive: true, force: true });
});
