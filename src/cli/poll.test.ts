/** `durascope poll` as people call it: what it says and ends with when AWS or the file cannot be had. */
import { type ExecFileException, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:orderSaga";
const folder = temporaryFolder();

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function poll(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const env = {
    PATH: process.env["PATH"],
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "a-secret",
    // Nobody listens on port 1.
    AWS_ENDPOINT_URL_SFN: "http://127.0.0.1:1",
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, "poll", ...args],
      { cwd: folder.path(), env },
      (error: ExecFileException | null, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

test("a pass in which AWS cannot be reached ends with 1, and says so", async () => {
  const ended = await poll(["--state-machine-arn", MACHINE, "--once", "--out", "p.jsonl"]);
  expect(ended).toMatchObject({ code: 1, out: "" });
  expect(ended.err).toContain("ECONNREFUSED");
  expect(ended.err).toContain("durascope: 1 call of AWS failed.");
  expect(ended.err).not.toContain("a-secret");
});

test("a file that cannot be written ends it before anything is polled", async () => {
  const ended = await poll(["--state-machine-arn", MACHINE, "--once", "--out", folder.path()]);
  expect(ended).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be written: EISDIR/) });
  expect(ended.err).not.toContain("ECONNREFUSED");
});

test.each([
  ["nothing to poll", ["--out", "p.jsonl"], /name a state machine/],
  ["nothing that takes it", ["--state-machine-arn", MACHINE], /Nothing would take/],
  ["no ARN of a state machine", ["--state-machine-arn", "orderSaga"], /stateMachine:<name>/],
  ["no ARN of an execution", ["--execution-arn", MACHINE], /execution:<state machine>:<name>/],
  [
    "a spool beside a file",
    ["--state-machine-arn", MACHINE, "--out", "p", "--spool", "s"],
    /Give one of them/,
  ],
  ["a port that is none", ["--state-machine-arn", MACHINE, "--metrics-port", "65536"], /65535/],
])("%s is a wrong call: 2", async (_name, args, words) => {
  const ended = await poll(args);
  expect(ended).toMatchObject({ code: 2, out: "", err: expect.stringMatching(words) });
});

test("one that is switched off says so, and waits to be stopped", async () => {
  const args = [MAIN, "poll", "--state-machine-arn", MACHINE, "--out", "p.jsonl"];
  const env = { PATH: process.env["PATH"], DURASCOPE_DISABLED: "true" };
  const child = spawn(process.execPath, args, { cwd: folder.path(), env, stdio: "pipe" });
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  await expect.poll(() => err, { timeout: 20_000 }).toContain("polling; Ctrl-C ends it");
  expect(err).toContain("nothing is polled");
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(err).toContain("stopping; Ctrl-C again ends it at once");
});

test("the region is that of the ARN, whatever the environment says", async () => {
  const scopes: string[] = [];
  const server = createServer((request, response) => {
    scopes.push(request.headers.authorization ?? "");
    response.end('{"executions":[]}');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ended = await poll(["--state-machine-arn", MACHINE, "--once", "--out", "p.jsonl"], {
    AWS_ENDPOINT_URL_SFN: `http://127.0.0.1:${port}`,
    AWS_REGION: "us-east-1",
  });
  server.close();
  expect(ended).toMatchObject({ code: 0, err: expect.stringContaining("0 executions ended") });
  expect(scopes).not.toEqual([]);
  for (const scope of scopes) expect(scope).toContain("/eu-central-1/states/");
});
