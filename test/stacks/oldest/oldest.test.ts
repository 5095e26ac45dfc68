/**
 * Claim: the oldest Node.js, Temporal SDK, OpenTelemetry pair and pino that docs/compatibility.md names are enough for the
 * whole path: a traced workflow on a real server, its spans in the application's SDK, its ids on log lines.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { startTemporalServer } from "../../../src/engines/index.ts";

const run = promisify(execFile);
const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const missing = !existsSync(join(HERE, "node_modules/@temporalio/worker"));
const reason = missing ? " (skipped: npm ci was not run in test/stacks/oldest)" : "";

interface Played {
  readonly node: string;
  readonly result: unknown;
  readonly spans: readonly { name: string; attributes: Record<string, unknown> }[];
  readonly lines: readonly Record<string, unknown>[];
}

describe.skipIf(missing)(`with the oldest of everything${reason}`, () => {
  let played: Played;

  beforeAll(async () => {
    // A copy, not a link: through a link it would load the repository's packages.
    const copy = join(HERE, "node_modules/durascope");
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(copy);
    cpSync(join(ROOT, "dist"), join(copy, "dist"), { recursive: true });
    cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
    const server = await startTemporalServer();
    const { stdout } = await run(
      join(HERE, "node_modules/.bin/node"),
      [join(HERE, "play.js"), server.address],
      { cwd: HERE, timeout: 80_000 },
    );
    played = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    await server.stop();
  }, 90_000);

  it("runs on the Node.js that package.json asks for at least", () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(engines.node).toBe(`>=${played.node.slice(1)}`);
  });

  it("gives every span of the run, with its ids", () => {
    expect(played.result).toBe(2);
    expect(played.spans.map(({ name }) => name).toSorted()).toEqual(
      [
        "start order",
        "order",
        "order started",
        "charge",
        "charge attempt 1",
        "charge attempt 2",
        "wait timer",
        "waiting for timer",
        "approve",
      ].toSorted(),
    );
    for (const { attributes } of played.spans)
      expect(attributes).toHaveProperty("workflow.id", "order-1");
  });

  it("puts the ids on pino's lines", () => {
    expect(played.lines).toMatchObject([
      { msg: "charging", "workflow.id": "order-1", "workflow.step.attempt": 1 },
      { msg: "charging", "workflow.id": "order-1", "workflow.step.attempt": 2 },
    ]);
  });
});
