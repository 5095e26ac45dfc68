// Claim: the steps of deploy/Dockerfile work from a clean copy of the repository, and what they leave starts by the
// image's command and answers as the compose file's health check asks. No Docker: the steps run in folders of this machine.
import { existsSync, mkdtempSync, symlinkSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../src/engines/free-port.ts";
import { missingBackend, withReason } from "../backends/installed.ts";
import { runProgram } from "../backends/program.ts";
import { isOk, portAt, startBackend } from "../backends/server.ts";
import { parseDockerfile, runStage, type StageRun } from "../support/dockerfile.ts";
import { composeService, readCompose, repository, repositoryText } from "../support/stack-files.ts";

const buildTimeoutMs = 300_000;
const stages = parseDockerfile(repositoryText("deploy/Dockerfile"));
const runs = new Map<string, StageRun>();
let folder = "";

/** What deploy/Dockerfile.dockerignore lets through; it knows the few forms that the file uses. */
function isSent(path: string): boolean {
  const lines = repositoryText("deploy/Dockerfile.dockerignore").split("\n");
  const allowed = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  if (/__pycache__|\.test\.ts$/u.test(path)) return false;
  const top = path.split("/").find((part) => part !== "");
  return top !== undefined && allowed.includes(top);
}

/** The base image's Node or Python: this machine's own, in a folder by itself. */
async function baseImage(): Promise<string> {
  const bin = join(folder, "base/bin");
  await mkdir(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, "node"));
  return bin;
}

async function build(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const stage = stages.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  const run = await runStage(stage, {
    context: repository,
    isSent,
    folder,
    env,
    stages: runs,
    passOver: (command) => command.startsWith("mkdir -p /var/lib/durascope && chown"),
  });
  runs.set(name, run);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "durascope-images-"));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }), buildTimeoutMs);

it("every image that the compose file builds is a stage of the Dockerfile, with a user that is not root", () => {
  const targets = Object.values(readCompose().services).flatMap(({ build: b }) =>
    b === undefined ? [] : [b.target],
  );
  expect(targets.toSorted()).toEqual(["saga", "step-functions"]);
  for (const target of targets) {
    const stage = stages.find(({ name }) => name === target);
    const user = stage?.instructions.find(({ name }) => name === "USER")?.text;
    expect(user).toMatch(/^(?:node|nobody)$/u);
  }
});

// They need npm's and pip's registries, as the set-up of the backends does.
const missing = missingBackend("compose");
describe.skipIf(missing !== undefined)(
  `the images ${withReason("of deploy/Dockerfile", missing)}`,
  () => {
    it(
      "the saga's is built, and its programs load",
      async () => {
        const bin = await baseImage();
        const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
        await build("build", env);
        await build("saga", env);
        const run = runs.get("saga");
        if (run === undefined) throw new Error("no stage was run");
        expect(existsSync(join(run.workdir, "dist/cli/main.mjs"))).toBe(true);
        const [program, script = ""] = run.command;
        expect(program).toBe("node");
        expect([script, existsSync(join(run.workdir, script))]).toEqual([script, true]);
        const help = await runProgram(process.execPath, ["dist/cli/main.mjs", "--help"], {
          cwd: run.workdir,
        });
        expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining("lookup") });
      },
      buildTimeoutMs,
    );

    it(
      "the Step Functions endpoint's is built, starts by its command, and is healthy",
      async () => {
        const venv = join(folder, "python");
        const python = join(venv, "bin/python");
        expect(
          await runProgram("python3", ["-m", "venv", venv], { timeoutMs: buildTimeoutMs }),
        ).toMatchObject({ code: 0 });
        const path = `${dirname(python)}${delimiter}${process.env["PATH"] ?? ""}`;
        await build("step-functions", { ...process.env, PATH: path });
        const run = runs.get("step-functions");
        if (run === undefined) throw new Error("no stage was run");
        const [functions = 0] = await freePorts(1);
        const server = await startBackend({
          name: "The Step Functions endpoint",
          portCount: 1,
          command: (ports) => {
            const words = run.command
              .slice(1)
              .map((word) =>
                word.replace("5556", String(portAt(ports, 0))).replace("0.0.0.0", "127.0.0.1"),
              );
            return {
              program: python,
              args: words,
              env: {
                ...run.env,
                // The server's own working folder is this test's.
                PYTHONPATH: run.workdir,
                SFN_LAMBDA_ENDPOINT: `http://127.0.0.1:${functions}`,
              },
            };
          },
          ask: (ports) => isOk(`http://127.0.0.1:${portAt(ports, 0)}/moto-api/config`),
        });
        const check = composeService("step-functions").healthcheck?.test.slice(2) ?? [];
        const args = check.map((word) => word.replace("5556", String(portAt(server.ports, 0))));
        expect(await runProgram(python, args)).toMatchObject({ code: 0 });
        await server.stop();
      },
      buildTimeoutMs,
    );
  },
);
