import { describe, expect, it } from "vitest";
import { isInstalled, npmCommand } from "./packages.mjs";

const wanted = {
  packages: {
    "": {},
    "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/a-win32": { version: "1.0.0", integrity: "sha512-w", optional: true },
  },
};

describe("what npm installed", () => {
  it("is right when every package is there in the same version, and optional ones may be absent", () => {
    const installed = { packages: { "node_modules/a": wanted.packages["node_modules/a"] } };
    expect(isInstalled(wanted, installed)).toBe(true);
  });

  it.each([
    ["another version", { "node_modules/a": { version: "1.0.1", integrity: "sha512-a" } }],
    ["another content", { "node_modules/a": { version: "1.0.0", integrity: "sha512-b" } }],
    ["a missing package", {}],
    [
      "a package too many",
      {
        "node_modules/a": wanted.packages["node_modules/a"],
        "node_modules/b": { version: "1.0.0" },
      },
    ],
  ])("is wrong with %s", (_, packages) => {
    expect(isInstalled(wanted, { packages })).toBe(false);
  });

  it("is wrong when either file cannot be read", () => {
    expect(isInstalled(undefined, wanted)).toBe(false);
    expect(isInstalled(wanted, undefined)).toBe(false);
  });
});

describe("the npm to call", () => {
  it("is the one on PATH when another tool than npm called us", () => {
    expect(npmCommand({ npm_execpath: "/somewhere/pnpm.cjs" }).args).toEqual([]);
  });
});
