import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { type EngineStart, startEngine } from "./start-engine.ts";
import { describeExit, waitUntilReady } from "./wait-until-ready.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durascope-server-"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function startNode(script: string): Promise<ServerProcess> {
  return startServerProcess({
    name: "The test server",
    program: process.execPath,
    args: ["-e", script],
    logFile: join(folder, "server.log"),
  });
}

const forever = "setInterval(() => undefined, 1000);";

describe("a server process", () => {
  it("is gone after stop, which was expected", async () => {
    const server = await startNode(forever);
    expect(process.kill(server.pid, 0)).toBe(true);
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow("ESRCH");
    expect(await server.closed).toMatchObject({ expected: true, signal: "SIGTERM" });
  });

  it("is killed when it does not end by itself", async () => {
    const server = await startNode(`process.on("SIGTERM", () => 0); console.log("up"); ${forever}`);
    await waitUntilReady({
      ask: async () =>
        (await import("node:fs")).readFileSync(join(folder, "server.log")).length > 0,
      timeoutMs: 20_000,
    });
    await server.stop();
    expect(await server.closed).toMatchObject({ signal: "SIGKILL" });
  });

  it("says that it ended unasked, with its code and the end of its log", async () => {
    const server = await startNode("console.error('no more'); process.exit(4)");
    const exit = await server.closed;
    expect(exit).toMatchObject({ expected: false, code: 4, logTail: "no more" });
    expect(describeExit(exit)).toBe("code 4: no more");
  });

  it("that cannot be started is an error that names the program", async () => {
    const missing = startServerProcess({
      name: "The test server",
      program: join(folder, "missing"),
      args: [],
      logFile: join(folder, "server.log"),
    });
    await expect(missing).rejects.toMatchObject({
      code: "ENGINE_NOT_STARTED",
      message: expect.stringContaining("missing"),
    });
  });
});

describe("the folder of an engine's log", () => {
  function engine(isUp: boolean): EngineStart<undefined> {
    vi.stubEnv("TMPDIR", folder);
    return {
      name: "The test engine",
      logName: "engine.log",
      timeoutMs: 2_000,
      findPorts: () => Promise.resolve(undefined),
      command: () => ({
        program: process.execPath,
        args: ["-e", `console.log("why"); ${forever}`],
      }),
      ask: () => Promise.resolve(isUp),
    };
  }

  it("stays when the engine could not be started: the error sends the reader there", async () => {
    const { message } = await startEngine(engine(false)).then(
      () => new Error("it was started"),
      (error: Error) => error,
    );
    const [, log = ""] = /Its log is (.*)\.$/.exec(message) ?? [];
    expect(existsSync(log)).toBe(true);
    expect(readFileSync(log, "utf8")).toContain("why");
  });

  it("is removed when the engine has ended as asked", async () => {
    const { server } = await startEngine(engine(true));
    expect(readdirSync(folder)).toHaveLength(1);
    await server.stop();
    await server.closed;
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("waiting for a server", () => {
  it("ends when its process ends", async () => {
    const server = await startNode("process.exit(4)");
    const reason = await waitUntilReady(
      { ask: () => Promise.resolve(false), timeoutMs: 20_000 },
      server,
    );
    expect(reason).toMatchObject({ why: "exited", exit: { code: 4 } });
  });

  it("ends when its time is over, and takes a failing question for a no", async () => {
    const reason = await waitUntilReady({
      ask: () => Promise.reject(new Error("refused")),
      timeoutMs: 50,
    });
    expect(reason).toEqual({ why: "silent" });
  });
});
