import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";

/** Absolute path of a file of the project that has the packed package installed. */
export function inConsumer(...path: readonly string[]): string {
  return join(inject("consumer"), ...path);
}

/** Absolute path of a file of the installed package. */
export function inPackage(...path: readonly string[]): string {
  return inConsumer("node_modules", "durascope", ...path);
}

/** Every file of the installed package, by its path inside it, with forward slashes. */
export function packedFiles(): string[] {
  return readdirSync(inPackage(), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(inPackage().length + 1))
    .map((path) => path.replaceAll("\\", "/"));
}

/** The text of a file of the installed package. */
export function packedText(path: string): string {
  return readFileSync(inPackage(path), "utf8");
}

/** What the compiler of the project says of some of its files, a line each. */
export function compilerLines(options: string, files: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(
    process.execPath,
    [inConsumer("node_modules/typescript/bin/tsc"), ...options.split(" "), ...files],
    { cwd: inConsumer(), encoding: "utf8" },
  );
  return stdout.split("\n");
}

/**
 * What a program of the project prints on its standard output, as the Node of this process runs it. Throws with all
 * that it printed when it ends with another code than 0.
 */
export function runNode(args: readonly string[]): string {
  // The test runner's own variables would change what some packages load.
  const { PATH = "", HOME = "", TMPDIR, SystemRoot } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: inConsumer(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...(SystemRoot && { SystemRoot }) },
  });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
