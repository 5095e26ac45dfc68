/**
 * Claims of the demo, run as a user runs it: it shows the same shape on both engines and lookup finds what it wrote;
 * it leaves no server behind, however it ends; an engine that dies in the middle is said in one sentence.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isAlive } from "../support/is-alive.ts";

vi.setConfig({ testTimeout: 180_000 });

const DEMO = fileURLToPath(new URL("../../examples/order-saga/demo.ts", import.meta.url));
const CLI = fileURLToPath(new URL("../../dist/cli/main.mjs", import.meta.url));

let folder = "";
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durascope-demo-"));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Demo {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | string | null>;
}

function startDemo(): Demo {
  const environment = {
    ...process.env,
    TEMPORAL_ADDRESS: "",
    AWS_ENDPOINT_URL_SFN: "",
    NO_COLOR: "1",
    // The log of an engine that died stays there for somebody to read.
    TMPDIR: folder,
  };
  const child = spawn(process.execPath, [DEMO], {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise<number | string | null>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? signal)),
  );
  return { child, output: () => output, ended };
}

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** A process's descendants, as they are now. */
function descendants(root: number): Process[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return pid === undefined
        ? []
        : [{ pid: Number(pid), parent: Number(parent), command: command ?? "" }];
    });
  const found: Process[] = [];
  const pending = [root];
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    for (const row of rows.filter(({ parent }) => parent === pid)) {
      found.push(row);
      pending.push(row.pid);
    }
  }
  return found;
}

/** Waits until the scenarios run; gives the servers. */
async function running(
  demo: Demo,
): Promise<{ temporal: Process; stepFunctions: Process; all: Process[] }> {
  await vi.waitUntil(
    () => demo.output().includes("declined (order-1001)") || demo.child.exitCode !== null,
    120_000,
  );
  const all = descendants(demo.child.pid ?? 0);
  const temporal = all.find(
    ({ command }) => command.includes("start-dev") && !command.includes("leash"),
  );
  const stepFunctions = all.find(
    ({ command }) => command.includes("step_functions_endpoint") && !command.includes("leash"),
  );
  if (temporal === undefined || stepFunctions === undefined)
    throw new Error(`no servers: ${demo.output()}`);
  return { temporal, stepFunctions, all };
}

describe("the demo", () => {
  it("shows one shape on both engines, and lookup finds an order by its id", async () => {
    const demo = startDemo();
    expect({ code: await demo.ended, output: demo.output() }).toMatchObject({ code: 0 });
    expect(demo.output().match(/same shape on both engines: yes/g)).toHaveLength(7);
    const lookup = (...args: string[]): string =>
      execFileSync(process.execPath, [CLI, "lookup", ...args], { cwd: folder, encoding: "utf8" });
    expect(lookup("order-1001")).toMatch(
      /chargeCard failed \(CardDeclined\); refund undid reserveInventory/,
    );
    const all = lookup("order-1002", "--all");
    expect(all).toContain("Temporal");
    expect(all).toContain("Step Functions");
    expect(all).toMatch(/approval/);
    expect(all).toContain("card charged");
    // The application's own spans hang below the attempts that they were made in.
    expect(all).toContain("ledger.once");
    const text = readFileSync(join(folder, ".durascope/demo.otlp.jsonl"), "utf8");
    expect(text).not.toMatch(/taskToken|TaskToken|task_token"\s*:/);
    // What the order itself holds is a payload: it stands only on the lines that the application wrote.
    const spans = text.split("\n").filter((line) => line.startsWith('{"resourceSpans"'));
    expect(spans.join("\n")).not.toMatch(/cents|inject|Value":"?(75000|12900)\b/);
  });

  it.each(["SIGKILL", "SIGINT"] as const)(
    "leaves no server behind when it is ended by %s in the middle",
    async (signal) => {
      const demo = startDemo();
      const { all } = await running(demo);
      demo.child.kill(signal);
      expect(await demo.ended).toBe(signal === "SIGINT" ? 130 : signal);
      await expect
        .poll(() => all.filter(({ pid }) => isAlive(pid)), { timeout: 20_000 })
        .toEqual([]);
    },
  );

  it.each(["temporal", "stepFunctions"] as const)(
    "says in one sentence that an engine died in the middle (%s), and keeps what was recorded",
    async (engine) => {
      const demo = startDemo();
      const servers = await running(demo);
      // A line when an order begins, another one when it has ended: by then something is recorded that can be kept.
      await vi.waitUntil(() => [...demo.output().matchAll(/ \(order-\d+\)/g)].length > 7, {
        timeout: 60_000,
        interval: 10,
      });
      process.kill(servers[engine].pid, "SIGKILL");
      expect(await demo.ended).toBe(1);
      expect(demo.output()).toMatch(/engine ended in the middle of the run \(signal SIGKILL/);
      expect(demo.output()).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
      expect(readFileSync(join(folder, ".durascope/demo.otlp.jsonl"), "utf8")).toContain(
        '{"resourceSpans"',
      );
      await vi.waitUntil(() => !servers.all.some(({ pid }) => isAlive(pid)), 20_000);
    },
  );
});
