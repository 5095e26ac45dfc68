import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { cacheFolder, folderName, makeWritable } from "./cache.mjs";

describe("the folder for what takes minutes to make", () => {
  it("is the one that DURASCOPE_CACHE names", () => {
    expect(cacheFolder({ DURASCOPE_CACHE: "/somewhere", XDG_CACHE_HOME: "/caches" }, "linux")).toBe(
      "/somewhere",
    );
  });

  it("lies in the system's folder for caches, so that all clones of a user share it", () => {
    const name = "durascope";
    expect(cacheFolder({ XDG_CACHE_HOME: "/caches" }, "linux")).toBe(join("/caches", name));
    expect(cacheFolder({ LOCALAPPDATA: "/local" }, "win32")).toBe(join("/local", name));
    expect(cacheFolder({}, "linux")).toMatch(/[/\\]\.cache[/\\]durascope$/u);
  });
});

const folder = temporaryFolder();

it("a cache that cannot be written to is said, with the way out", () => {
  const file = folder.path("file");
  writeFileSync(file, "");
  expect(() => makeWritable(join(file, "backends"))).toThrow(
    /cannot be written to \(ENOTDIR\): let DURASCOPE_CACHE name another folder/u,
  );
  expect(() => makeWritable(folder.path("backends"))).not.toThrow();
});

describe("a backend's folder", () => {
  const backend = { name: "jaeger", version: "1.76.0", recipe: { tags: "a" } };

  it("says what is in it", () => {
    expect(folderName(backend, "linux-x64")).toMatch(/^jaeger-1\.76\.0-linux-x64-[0-9a-f]{12}$/u);
  });

  it("is another for another version, platform or recipe", () => {
    const names = [
      folderName(backend, "linux-x64"),
      folderName({ ...backend, version: "1.77.0" }, "linux-x64"),
      folderName({ ...backend, recipe: { tags: "b" } }, "linux-x64"),
      folderName(backend, "darwin-arm64"),
    ];
    expect(new Set(names).size).toBe(4);
  });
});
