/** The tarball that npm would publish holds what it must, nothing else, and its command runs. */
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { inPackage, packedFiles, packedText, runNode } from "./consumer.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("the tarball", () => {
  it("holds dist, README, LICENSE, package.json and nothing else", () => {
    const top = new Set(packedFiles().map((path) => path.split("/")[0]));
    expect(top).toEqual(new Set(["dist", "README.md", "LICENSE", "package.json"]));
  });

  it("has code, declarations and source maps in dist, and no test among them", () => {
    const files = packedFiles().filter((path) => path.startsWith("dist/"));
    expect(files.filter((path) => !/\.(d\.)?[cm](js|ts)(\.map)?$/u.test(path))).toEqual([]);
    expect(files.filter((path) => path.includes(".test."))).toEqual([]);
  });

  it("names no folder of the machine that it was made on", () => {
    const folders = [root, root.slice(0, -1), process.env["HOME"] ?? root, `${tmpdir()}/`];
    const telling = packedFiles().filter((path) => {
      const text = packedText(path);
      return folders.some((folder) => folder.length > 1 && text.includes(folder));
    });
    expect(telling).toEqual([]);
  });

  it("has every file that package.json points at", () => {
    const manifest = JSON.parse(packedText("package.json"));
    const files = new Set(packedFiles());
    const named = [
      manifest.main,
      manifest.types,
      manifest.bin.durascope,
      ...paths(manifest.exports),
    ];
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !files.has(path.replace("./", "")))).toEqual([]);
  });
});

describe("the command durascope of the tarball", () => {
  it("prints its help", () => {
    expect(runNode([command(), "--help"])).toMatch(
      /^Usage: durascope [\s\S]*lookup[\s\S]*convert/u,
    );
  });

  it("names its interpreter, so that npm can link it", () => {
    expect(packedText("dist/cli/main.mjs")).toMatch(/^#!\/usr\/bin\/env node\n/u);
  });

  it("ends with code 2 and a hint when it is called wrongly", () => {
    const result = spawnSync(process.execPath, [command(), "lookup"], {
      cwd: inject("consumer"),
      encoding: "utf8",
    });
    expect(result.status).toBe(2);
    expect(result.stderr).toContain("--help");
    expect(result.stderr).not.toContain("    at ");
  });
});

function command(): string {
  const { bin } = JSON.parse(packedText("package.json"));
  return inPackage(bin.durascope);
}

/** Every path in an `exports` object of package.json, at any depth. */
function paths(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(paths) : [];
}
