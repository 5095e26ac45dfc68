import { existsSync, readdirSync } from "node:fs";
import { delimiter, join, relative, sep } from "node:path";
import { lastLines, run } from "../command.mjs";
import { SetupFailure } from "../failure.mjs";
import { binFolder, root } from "../layout.mjs";
import { npmCommand } from "../packages.mjs";
import { hashFiles, readStamp, removeStamp, writeStamp } from "../stamp.mjs";

/**
 * One step for each folder below a given one that has packages of its own: other versions of OpenTelemetry, of
 * dd-trace and the like, which must not meet those of the repository.
 *
 * @param {string} folder absolute; need not be there
 * @returns {import("../step.mjs").Step[]}
 */
export function stackSteps(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter((stack) => existsSync(join(stack, "package-lock.json")))
    .toSorted()
    .map(stackStep);
}

/**
 * @param {string} stack
 * @returns {import("../step.mjs").Step}
 */
function stackStep(stack) {
  // In node_modules itself: whoever removes that removes the stamp with it.
  const stamp = join(stack, "node_modules", "durascope.stamp");
  const fingerprint = () =>
    hashFiles(
      stack,
      ["package.json", "package-lock.json", ".npmrc"].map((name) => join(stack, name)),
    );
  const name = relative(root, stack).replaceAll(sep, "/");
  return {
    title: `packages of ${name} (npm ci)`,
    isDone: () => readStamp(stamp) === fingerprint(),
    async run() {
      removeStamp(stamp);
      const { program, args } = npmCommand(process.env);
      const result = await run(
        program,
        [...args, "ci", "--no-audit", "--no-fund", "--fetch-retries=1"],
        {
          cwd: stack,
          // Newer packages refuse an old Node at their installation: the project's own comes first.
          env: { ...process.env, PATH: `${binFolder}${delimiter}${process.env["PATH"] ?? ""}` },
          shell: process.platform === "win32" && args.length === 0,
        },
      );
      if (!result.started) {
        throw new SetupFailure("npm is missing: install Node.js 20 or newer together with npm 11.");
      }
      if (result.code !== 0) {
        throw new SetupFailure(
          `npm ci ended with code ${result.code} in ${name}: the npm registry could not be reached or refused; npm's last lines are below.`,
          lastLines(result.output),
        );
      }
      writeStamp(stamp, fingerprint());
    },
  };
}
