import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { lastLines, run } from "../command.mjs";
import { SetupFailure } from "../failure.mjs";
import { inTemporaryFolder, temporaryFilesBelow } from "../temporary-folder.mjs";

/** Percent by which a compiler's memory may grow before it collects: less work for a few hundred MB. */
const compilerGarbage = "300";

/**
 * For every build alike, so that one finds what another has compiled: the linker throws debug information away in the end.
 * A repository that the cache may lie in is nothing that Go should ask about.
 */
const buildFlags = "-gcflags=all=-dwarf=false -buildvcs=false";

const suffix = process.platform === "win32" ? ".exe" : "";

/**
 * Programs that are built from a Go module, by their names. `sum` is the module's own line of a go.sum file: with it the module's
 * content, and by its go.sum that of everything it needs, is what we looked at.
 *
 * @typedef {{ module: string, version: string, sum: string, packages: Record<string, string>, tags?: string }} GoRecipe
 */

/**
 * The file name that a Go program gets on this platform.
 *
 * @param {string} name
 */
export function executable(name) {
  return `${name}${suffix}`;
}

/**
 * Builds programs out of a Go module.
 *
 * `go install` refuses a module whose go.mod replaces others. So they are built in a module of their own that begins
 * as a copy of the module's go.mod and go.sum: the same versions, the same replacements.
 *
 * @param {GoRecipe} recipe
 * @param {string} output folder for the programs
 */
export async function buildGoPrograms(recipe, output) {
  await inTemporaryFolder(output, async (folder) => {
    const source = await download(recipe, folder);
    writeFileSync(
      join(folder, "go.mod"),
      wrapperModule(readFileSync(join(source, "go.mod"), "utf8")),
    );
    writeFileSync(join(folder, "go.sum"), readFileSync(join(source, "go.sum")));
    await go(["mod", "edit", `-require=${recipe.module}@${recipe.version}`], folder);
    const tags = recipe.tags === undefined ? [] : ["-tags", recipe.tags];
    const flags = ["-mod=mod", "-trimpath", "-ldflags", "-s -w", ...tags];
    for (const [name, path] of Object.entries(recipe.packages)) {
      // oxlint-disable-next-line no-await-in-loop -- each build takes every core that there is
      await go(["build", ...flags, "-o", join(output, executable(name)), path], folder);
    }
  });
}

/**
 * Runs a Go command to its end, with the environment's own settings (proxy, flags, caches).
 *
 * @param {readonly string[]} args
 * @param {string} folder
 * @returns {Promise<string>} what it printed
 */
function go(args, folder) {
  return runTool("go", args, folder);
}

/**
 * Runs Go, or a program that runs Go.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} folder where it works and puts its temporary files
 */
export async function runTool(program, args, folder) {
  const result = await run(program, args, {
    cwd: folder,
    env: {
      GOGC: compilerGarbage,
      // As these programs' own releases are built; a C compiler is not needed, nor waited for.
      CGO_ENABLED: "0",
      ...process.env,
      // A killed Go leaves hundreds of MB, and the collector's builder a folder each time.
      ...temporaryFilesBelow(folder),
      GOFLAGS: `${process.env["GOFLAGS"] ?? ""} ${buildFlags}`.trim(),
      // A workspace around the temporary folder is no business of ours.
      GOWORK: "off",
    },
  });
  if (!result.started) {
    throw new SetupFailure(
      `${program} cannot be started: install Go 1.25 or newer, which builds this backend.`,
    );
  }
  if (result.code !== 0) {
    throw new SetupFailure(
      `${basename(program)} ${args[0] ?? ""} ended with code ${result.code ?? "none"}: a module could not be had, or Go is too old for it; the last lines are below.`,
      lastLines(result.output),
    );
  }
  return result.output;
}

/**
 * The go.mod of the module around a program: that of the program's own module under another name, without
 * replacements by folders, which are not in the module's archive.
 *
 * @param {string} text the module's go.mod
 * @returns {string}
 */
export function wrapperModule(text) {
  return text
    .split("\n")
    .filter((line) => !/=>\s*\.\.?\//u.test(line))
    .join("\n")
    .replace(/^module .*$/mu, "module durascope.invalid/backend");
}

/**
 * Fetches a module and returns the folder of its source.
 *
 * @param {GoRecipe} recipe
 * @param {string} folder
 * @returns {Promise<string>}
 */
async function download({ module, version, sum }, folder) {
  const output = await go(["mod", "download", "-json", `${module}@${version}`], folder);
  const found = JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1));
  if (found.Sum !== sum) {
    throw new SetupFailure(
      `${module} ${version} is not the module that was looked at: its sum is ${found.Sum} and not ${sum}.`,
    );
  }
  return found.Dir;
}
