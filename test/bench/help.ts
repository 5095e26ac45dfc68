/**
 * How long `durascope --help` takes, from the start of the process to its end: `npm run bench:help`, after a build.
 *
 * Its peer is a Node.js that does nothing. Both take turns, and each is told by its best round, in wall-clock time: what
 * else runs on the machine only ever adds. The last line is JSON.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROUNDS = 40;
const BAR = 120;
const MAIN = fileURLToPath(new URL("../../dist/cli/main.mjs", import.meta.url));

if (!existsSync(MAIN)) throw new Error("There is no dist/cli/main.mjs: run `npm run build` first.");

/** Milliseconds that a process takes. */
function millisecondsOf(args: readonly string[]): number {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  return performance.now() - began;
}

const best = { help: Infinity, empty: Infinity };
for (let round = 0; round < ROUNDS; round += 1) {
  best.help = Math.min(best.help, millisecondsOf([MAIN, "--help"]));
  best.empty = Math.min(best.empty, millisecondsOf(["--eval", ""]));
}

const tenths = (ms: number): number => Math.round(ms * 10) / 10;
const value = tenths(best.help);
const peer = tenths(best.empty);
const figures = [
  { name: "durascope --help", value, unit: "ms", peer, bar: BAR, holds: value < BAR },
];
process.stdout.write(
  `durascope --help: ${value} ms, an empty Node.js ${process.versions.node}: ${peer} ms; best of ${ROUNDS} rounds
${JSON.stringify({ bench: "help", figures })}
`,
);
