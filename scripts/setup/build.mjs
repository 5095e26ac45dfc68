import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join, relative } from "node:path";
import { lastLines, run } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { binFolder, projectNode, root, stateFolder } from "./layout.mjs";
import { filesBelow, hashFiles, readStamp, removeStamp, writeStamp } from "./stamp.mjs";

const stampFile = join(stateFolder, "build.stamp");
const configFiles = ["package.json", "package-lock.json", "tsconfig.json", "tsdown.config.ts"];

/**
 * `dist`, built from `src`.
 *
 * @type {import("./step.mjs").Step}
 */
export const build = {
  title: "build (tsdown)",
  isDone() {
    return readStamp(stampFile) === sourcesHash() && exportedFiles().every(existsSync);
  },
  async run() {
    removeStamp(stampFile);
    // Taken before the build: what is edited meanwhile is built again next time.
    const hash = sourcesHash();
    const result = await run(projectNode, [tsdown()], {
      cwd: root,
      env: {
        ...process.env,
        NO_COLOR: "1",
        FORCE_COLOR: "0",
        PATH: `${binFolder}${delimiter}${process.env["PATH"] ?? ""}`,
      },
    });
    if (result.code !== 0) {
      throw new SetupFailure(
        `tsdown could not build the package (code ${result.code ?? "none"}); its last lines are below.`,
        lastLines(result.output, 20),
      );
    }
    writeStamp(stampFile, hash);
    const absent = exportedFiles().filter((file) => !existsSync(file));
    if (absent.length === 0) return undefined;
    const names = absent.map((file) => relative(root, file)).join(", ");
    return `the build made no ${names}, which package.json names`;
  },
};

function sourcesHash() {
  const sources = filesBelow(join(root, "src"), (path) => /(?<!\.test)\.ts$/u.test(path));
  return hashFiles(root, [...sources, ...configFiles.map((file) => join(root, file))]);
}

/** Every file that package.json's `exports` and `bin` name, as absolute paths. */
function exportedFiles() {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return targets([manifest.exports, manifest.bin]).map((path) => join(root, path));
}

/**
 * The paths in what package.json's `exports` and `bin` hold, at any depth.
 *
 * @param {unknown} value
 * @returns {string[]}
 */
export function targets(value) {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(targets);
}

function tsdown() {
  const manifest = createRequire(join(root, "package.json")).resolve("tsdown/package.json");
  const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
  return join(dirname(manifest), typeof bin === "string" ? bin : bin.tsdown);
}
