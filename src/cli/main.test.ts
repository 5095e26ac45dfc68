import { execFile } from "node:child_process";
import { copyFile, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const folder = temporaryFolder();

/** Runs a program on this Node, which takes itself for another version. */
function onNode(version: string, program: string, ...args: string[]): Promise<unknown> {
  const versions = JSON.stringify({ ...process.versions, node: version });
  const fake = `Object.defineProperty(process, "versions", { value: ${versions} });`;
  const preload = `data:text/javascript,${encodeURIComponent(fake)}`;
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", preload, program, ...args], (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });
}

test.each(["20.20.2", "22.14.9"])(
  "Node.js %s is refused before anything else is loaded",
  async (version) => {
    const alone = folder.path("main.mts");
    await copyFile(MAIN, alone);
    expect(await onNode(version, alone, "--version")).toEqual({
      code: 1,
      out: "",
      err: `durascope needs Node.js 22.15 or newer (this is v${version}).\n`,
    });
  },
);

test("the oldest version is the one that package.json names", async () => {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  expect(JSON.parse(text)).toMatchObject({ engines: { node: ">=22.15.0" } });
});

test.each(["22.15.0", "23.0.0", "24.1.0"])("Node.js %s is not refused", async (version) => {
  expect(await onNode(version, MAIN, "--version")).toMatchObject({ code: 0, err: "" });
});

test("help loads commander and no other package, and no command's code", async () => {
  const hook = [
    'import { registerHooks } from "node:module";',
    'import { writeSync } from "node:fs";',
    "registerHooks({ load: (url, context, next) => { writeSync(2, `${url}\\n`); return next(url, context); } });",
  ].join("");
  const preload = `data:text/javascript,${encodeURIComponent(hook)}`;
  const { out, err } = await new Promise<{ out: string; err: string }>((resolve) => {
    const args = ["--import", preload, MAIN, "--help"];
    execFile(process.execPath, args, (_error, stdout, stderr) =>
      resolve({ out: stdout, err: stderr }),
    );
  });
  expect(out).toContain("lookup");
  const urls = err.split("\n").filter((url) => url.startsWith("file:"));
  const packages = urls.map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
  expect(new Set(packages.filter((name) => name !== undefined))).toEqual(new Set(["commander"]));
  const own = urls.filter((url) => url.includes("/src/cli/")).map((url) => url.split("/").at(-1));
  expect(new Set(own)).toEqual(
    new Set([
      "main.ts",
      "command-line.ts",
      "program.ts",
      "option-values.ts",
      "failure.ts",
      "output.ts",
    ]),
  );
});
