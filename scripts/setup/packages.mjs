import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { lastLines, run } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { binFolder, projectNode, root, stateFolder } from "./layout.mjs";
import { hashFiles, readStamp, removeStamp, writeStamp } from "./stamp.mjs";

const lockFile = join(root, "package-lock.json");
const installedFile = join(root, "node_modules", ".package-lock.json");
const stampFile = join(stateFolder, "packages.stamp");

/**
 * The npm packages, exactly as package-lock.json has them.
 *
 * @type {import("./step.mjs").Step}
 */
export const packages = {
  title: "packages (npm ci)",
  isDone() {
    if (!existsSync(installedFile) || !existsSync(projectNode)) return false;
    const expected = fingerprint();
    if (readStamp(stampFile) === expected) return true;
    // Somebody ran npm by hand: what npm says it installed decides.
    if (!isInstalled(readJson(lockFile), readJson(installedFile))) return false;
    writeStamp(stampFile, expected);
    return true;
  },
  async run() {
    removeStamp(stampFile);
    const { program, args } = npmCommand(process.env);
    const result = await run(
      program,
      [...args, "ci", "--no-audit", "--no-fund", "--fetch-retries=1"],
      {
        cwd: root,
        env: withoutOwnBin(process.env),
        shell: process.platform === "win32" && args.length === 0,
      },
    );
    if (!result.started) {
      throw new SetupFailure("npm is missing: install Node.js 20 or newer together with npm 11.");
    }
    if (result.code !== 0) {
      throw new SetupFailure(
        `npm ci ended with code ${result.code}: the npm registry could not be reached or refused; npm's last lines are below.`,
        lastLines(result.output),
      );
    }
    if (!existsSync(projectNode)) {
      throw new SetupFailure(
        "npm ci ran, but the package `node` brought no Node 24: npm must be allowed to run its install script (see `npm config get ignore-scripts`).",
      );
    }
    writeStamp(stampFile, fingerprint());
  },
};

/**
 * Whether what npm recorded in node_modules is what package-lock.json asks for. Packages for other
 * platforms are absent by right: they are optional.
 *
 * @param {LockFile | undefined} wanted package-lock.json
 * @param {LockFile | undefined} installed node_modules/.package-lock.json
 * @returns {boolean}
 *
 * @typedef {{ packages?: Record<string, LockEntry> }} LockFile
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} LockEntry
 */
export function isInstalled(wanted, installed) {
  const wantedPackages = wanted?.packages;
  const installedPackages = installed?.packages;
  if (wantedPackages === undefined || installedPackages === undefined) return false;
  for (const [path, entry] of Object.entries(wantedPackages)) {
    if (path === "") continue;
    const found = installedPackages[path];
    if (found === undefined) {
      if (entry.optional === true || entry.devOptional === true) continue;
      return false;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return false;
  }
  return Object.keys(installedPackages).every((path) => path in wantedPackages);
}

/**
 * How npm is called: by the npm that called us (also when it is not on PATH), else by name.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ program: string, args: string[] }}
 */
export function npmCommand(env) {
  const cli = env["npm_execpath"];
  const node = env["npm_node_execpath"];
  // npx, pnpm and yarn set npm_execpath too.
  if (cli?.endsWith("npm-cli.js") && existsSync(cli) && node !== undefined && existsSync(node)) {
    return { program: node, args: [cli] };
  }
  return { program: process.platform === "win32" ? "npm.cmd" : "npm", args: [] };
}

/**
 * `npm ci` removes node_modules: what it starts must not be looked for there.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
function withoutOwnBin(env) {
  const path = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== binFolder);
  return { ...env, PATH: path.join(delimiter) };
}

function fingerprint() {
  return hashFiles(root, [lockFile, installedFile]);
}

/**
 * @param {string} file
 * @returns {LockFile | undefined}
 */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
