import { type ExecFileException, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sagaFixture } from "../../test/support/saga-fixtures.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const SAGA = [
  "--compensates",
  "refund=reserveInventory,chargeCard",
  "--waits",
  "notifyReviewer=approval",
];

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "durascope-cli-"));
  file = join(folder, "spans.otlp.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the real command line in a process of its own, in the test's folder. */
function durascope(
  args: readonly string[],
  environment: Record<string, string> = {},
  input?: string,
): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"], ...environment };
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: folder, env, maxBuffer: 64 * 2 ** 20 },
      (error: ExecFileException | null, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out, err }),
    );
    child.stdin?.end(input);
  });
}

function converted(engine: "temporal" | "stepfunctions", scenario: string): Promise<Ended> {
  return durascope(["convert", sagaFixture(engine, scenario), ...SAGA, "--out", file]);
}

describe("convert and lookup", () => {
  test("a recorded history of either engine is found again, with its why", async () => {
    expect(await converted("temporal", "declined")).toMatchObject({ code: 0, out: "" });
    expect(await converted("stepfunctions", "declined")).toMatchObject({ code: 0, out: "" });
    const { code, out } = await durascope(["lookup", "order-1001", "--file", file]);
    expect(code).toBe(0);
    expect(out).toMatch(/^2 runs; the newest is shown, --all shows every one$/m);
    expect(
      out.match(/chargeCard failed \(CardDeclined\); refund undid reserveInventory\./g),
    ).toHaveLength(1);
    const all = await durascope(["lookup", "order-1001", "--file", file, "--all"]);
    expect(
      all.out.match(/chargeCard failed \(CardDeclined\); refund undid reserveInventory\./g),
    ).toHaveLength(2);
    expect(all.out).toMatch(/Temporal[^]*Step Functions|Step Functions[^]*Temporal/);
  });

  test("the file may be compressed, and named by the environment", async () => {
    await converted("temporal", "approved");
    await writeFile(`${file}.gz`, gzipSync(await readFile(file)));
    const { out } = await durascope(["lookup", "order-1002"], { DURASCOPE_FILE: `${file}.gz` });
    expect(out).toMatch(/alice answered approval after .*; completed\./);
  });

  test("without --out the spans go to the standard output, and what was concluded to the standard error", async () => {
    const { history } = JSON.parse(await readFile(sagaFixture("temporal", "approved"), "utf8"));
    const { code, out, err } = await durascope(["convert", "-"], {}, JSON.stringify(history));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveProperty("resourceSpans");
    expect(err).toContain("The run id was taken from the first event");
  });

  test("only an id that was really taken from the first event is said to be", async () => {
    const { history } = JSON.parse(await readFile(sagaFixture("temporal", "approved"), "utf8"));
    const options = ["--workflow-id", "order-1002", "--run-id", "r"];
    const given = await durascope(["convert", "-", ...options], {}, JSON.stringify(history));
    expect(given).toMatchObject({ code: 0, err: "" });
    const one = await durascope(["convert", "-", "--run-id", "r"], {}, JSON.stringify(history));
    expect(one.err).toBe("The workflow id was taken from the first event.\n");
  });

  test("a page of a history is converted, with a warning that the others are missing", async () => {
    const whole = JSON.parse(await readFile(sagaFixture("stepfunctions", "approved"), "utf8"));
    const page = { ...whole, events: whole.events.slice(0, 8), nextToken: "AAAA" };
    const { code, err } = await durascope(["convert", "-"], {}, JSON.stringify(page));
    expect(code).toBe(0);
    expect(err).toMatch(/^Warning: nextToken stands beside the events: .* missing\.$/m);
    const last = { ...page, events: whole.events.slice(8) };
    expect(await convertFailure(JSON.stringify(last))).toMatch(
      /its beginning is missing[^]*Warning: nextToken stands beside the events/,
    );
  });

  test("an event whose time cannot be read is named in a warning", async () => {
    const whole = JSON.parse(await readFile(sagaFixture("temporal", "approved"), "utf8"));
    for (const event of whole.history.events.slice(4, 7)) event.eventTime = "garbage";
    const { code, err } = await durascope(["convert", "-"], {}, JSON.stringify(whole));
    expect(code).toBe(0);
    expect(err).toContain(
      'Warning: the time of event 5 cannot be read: "garbage" (and 2 more like it).',
    );
  });

  test("--json prints the documented shape", async () => {
    await converted("stepfunctions", "undeliverable");
    const { out } = await durascope(["lookup", "order-1005", "--file", file, "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      schema: "durascope.lookup/1",
      id: "order-1005",
      asked: "file spans.otlp.jsonl",
      otherTraces: [],
      notes: [],
      runs: [
        {
          workflowId: "order-1005",
          engine: "aws_step_functions",
          outcome: "failed",
          failure: { type: "Undeliverable" },
          why: "allocateShipping failed (Undeliverable); refund undid reserveInventory and chargeCard.",
          started: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          durationMs: expect.any(Number),
          steps: [
            { name: "reserveInventory", outcome: "completed", attempts: 1 },
            { name: "chargeCard" },
            { name: "allocateShipping", failure: { type: "Undeliverable" } },
            { name: "refund", compensates: ["reserveInventory", "chargeCard"] },
          ],
          logs: [],
        },
      ],
    });
  });

  test("a narrow terminal without colours gets narrow lines without colours", async () => {
    await converted("temporal", "undeliverable");
    await converted("stepfunctions", "undeliverable");
    const { out } = await durascope(["lookup", "order-1005", "--file", file], {
      COLUMNS: "60",
      NO_COLOR: "1",
      FORCE_COLOR: "1",
    });
    expect(out).toMatch(/^2 runs; /);
    const tooWide = out.split("\n").filter((line) => Array.from(line).length > 60);
    // ARNs and URLs have no place to be broken at.
    expect(tooWide.filter((line) => !/^(arn:|  https?:)/.test(line))).toEqual([]);
    expect(out).not.toContain("\u001b");
    const colored = await durascope(["lookup", "order-1005", "--file", file], { FORCE_COLOR: "1" });
    expect(colored.out).toContain("\u001b[31m");
  });
});

describe("nothing found ends with 3", () => {
  test("and says what was asked, and likely causes", async () => {
    await converted("temporal", "approved");
    const { code, out, err } = await durascope(["lookup", "order-9", "--file", file]);
    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain("Nothing found of order-9 in the file spans.otlp.jsonl.");
    expect(err).toContain("Likely causes:");
  });
});

describe("a wrong call ends with 2 and a hint", () => {
  test.each([
    ["no command", []],
    ["an unknown command", ["frobnicate"]],
    ["no id", ["lookup"]],
    ["an empty id", ["lookup", " "]],
    ["an unknown option", ["lookup", "x", "--frob"]],
    ["an unknown engine", ["convert", "x.json", "--from", "airflow"]],
    ["a compensation without steps", ["convert", "x.json", "--compensates", "refund"]],
    ["a compensation of no step", ["convert", "x.json", "--compensates", "refund=,"]],
    ["an execution ARN that is none", ["convert", "x.json", "--execution-arn", "nonsense"]],
    ["an empty workflow id", ["convert", "x.json", "--workflow-id", ""]],
    ["an empty run id", ["convert", "x.json", "--run-id", ""]],
    ["an empty namespace", ["convert", "x.json", "--namespace", ""]],
  ])("%s", async (_name, args) => {
    const { code, out, err } = await durascope(args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/--help|Usage:/);
    expect(err).toMatch(/^(?:durascope: |Usage: )/);
    expect(err).toContain(args.findLast((arg) => arg.startsWith("--")) ?? "");
  });

  test("an option that names a run of the other engine", async () => {
    const arn = "arn:aws:states:us-east-1:123456789012:execution:machine:name";
    const temporal = sagaFixture("temporal", "approved");
    expect(await durascope(["convert", temporal, "--execution-arn", arn])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/--execution-arn: only for a history of Step Functions/),
    });
    const execution = sagaFixture("stepfunctions", "approved");
    const options = ["--workflow-id", "order-1002", "--namespace", "default"];
    expect(await durascope(["convert", execution, ...options])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/--workflow-id, --namespace: only for a history of Temporal/),
    });
  });

  test("a history of Step Functions without its ARN", async () => {
    const { events } = JSON.parse(await readFile(sagaFixture("stepfunctions", "approved"), "utf8"));
    const { code, err } = await durascope(["convert", "-"], {}, JSON.stringify({ events }));
    expect(code).toBe(2);
    expect(err).toContain("--execution-arn");
  });

  test("a history of a reset Temporal run without its run id", async () => {
    const { history } = JSON.parse(await readFile(sagaFixture("temporal", "approved"), "utf8"));
    history.events.push({
      eventId: "99",
      eventType: "WorkflowTaskFailed",
      workflowTaskFailedEventAttributes: { baseRunId: "x" },
    });
    const { code, err } = await durascope(["convert", "-"], {}, JSON.stringify(history));
    expect(code).toBe(2);
    expect(err).toContain("--run-id");
  });
});

async function failure(...args: string[]): Promise<string> {
  const { code, out, err } = await durascope(args);
  expect([code, out]).toEqual([1, ""]);
  expect(err).not.toMatch(/^\s+at /m);
  return err;
}

async function convertFailure(content: string): Promise<string> {
  await writeFile(join(folder, "h.json"), content);
  return failure("convert", "h.json");
}

describe("bad input ends with 1 and one clear sentence", () => {
  test("a history that breaks off: which file, and where", async () => {
    const whole = await readFile(sagaFixture("temporal", "approved"), "utf8");
    expect(await convertFailure(whole.slice(0, 1000))).toMatch(
      /h\.json is no whole JSON document: it breaks at line \d+, column \d+/,
    );
    expect(await convertFailure('{"events": [}')).toContain("within its 13 characters");
  });

  test("an empty file, a folder, a missing file", async () => {
    expect(await convertFailure("")).toContain("h.json is empty.");
    expect(await convertFailure(" \n")).toContain("h.json is empty.");
    expect(await failure("convert", folder)).toContain("is a folder.");
    expect(await failure("convert", "none.json")).toContain("There is no file none.json.");
  });

  test("JSON that is no history, or one of another engine", async () => {
    expect(await convertFailure('{"hello": 1}')).toContain("holds no list of events");
    expect(await convertFailure('{"events": [{"kind": "DagRun"}]}')).toContain(
      "of neither Temporal nor Step Functions",
    );
    expect(
      await convertFailure('{"executionArn": "nonsense", "events": [{"id": 1, "type": "x"}]}'),
    ).toContain("is no execution ARN");
  });

  test("times that cannot be read: which event, and what stands there", async () => {
    const execution = JSON.parse(await readFile(sagaFixture("stepfunctions", "approved"), "utf8"));
    for (const event of execution.events) event.timestamp = "garb\u001bage";
    expect(await convertFailure(JSON.stringify(execution))).toContain(
      'cannot be converted: the time of event 1 cannot be read: "garb\\u001bage".',
    );
    const run = JSON.parse(await readFile(sagaFixture("temporal", "approved"), "utf8"));
    for (const event of run.history.events) delete event.eventTime;
    expect(await convertFailure(JSON.stringify(run))).toContain(
      "cannot be converted: event 1 has no time.",
    );
  });

  test("nonsense is not read beyond its beginning, and a huge file not at all", async () => {
    expect(await convertFailure("x".repeat(5_000_000))).toContain("it begins with neither { nor [");
    const huge = await open(join(folder, "huge.json"), "w");
    await huge.truncate(200 * 2 ** 20);
    await huge.close();
    expect(await failure("convert", "huge.json")).toContain(
      "holds 200 MiB and at most 128 MiB are read",
    );
  });

  test("a file that cannot be written", async () => {
    expect(await failure("convert", sagaFixture("temporal", "approved"), "--out", folder)).toMatch(
      /could not be written: EISDIR/,
    );
  });
});

test("a reader that goes away is no failure", async () => {
  await converted("temporal", "approved");
  const child = spawn(process.execPath, [MAIN, "lookup", "order-1002", "--file", file, "--json"], {
    cwd: folder,
  });
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdout.destroy();
  const code = await new Promise((resolve) => {
    child.on("close", resolve);
  });
  expect([code, err]).toEqual([0, ""]);
});

test.for([
  ["lookup", ["lookup", "order-1002", "--json"]],
  ["help", ["--help"]],
] as const)(
  "an output that cannot be written ends %s with 1 and a sentence",
  async ([_name, args], { skip }) => {
    // Elsewhere a full disk cannot be had without filling one.
    skip(!existsSync("/dev/full"), "only Linux has a device that is always full");
    await converted("temporal", "approved");
    const full = await open("/dev/full", "w");
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], DURASCOPE_FILE: file },
      stdio: ["ignore", full.fd, "pipe"],
    });
    let err = "";
    child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const code = await new Promise((resolve) => {
      child.on("close", resolve);
    });
    await full.close();
    expect([code, err]).toEqual([1, "durascope: The output cannot be written: ENOSPC.\n"]);
  },
);

test("--version is the package's", async () => {
  const { version } = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { version: string };
  expect(await durascope(["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
});

test("help tells the commands and their options", async () => {
  const help = await durascope(["--help"]);
  expect(help).toMatchObject({ code: 0, err: "" });
  expect(help.out).toMatch(/lookup[^]*convert/);
  expect((await durascope(["lookup", "--help"])).out).toContain("--file <path>");
});

test.each(["lookup", "convert", "poll", "doctor"])(
  "help of %s tells what it ends with, and its examples are calls that it takes",
  async (command) => {
    const { code, out } = await durascope([command, "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Ends with 0 [^]*, 2 called wrongly/m);
    const options = new Set(out.match(/^ {2}(?:-h, )?--[a-z-]+/gm)?.map((line) => line.trim()));
    const examples = out.split("\n").filter((line) => /^ {2}.*durascope /.test(line));
    expect(examples.length > 0).toBe(command !== "doctor");
    for (const example of examples) {
      const call = example.slice(example.lastIndexOf("durascope ")).split("  ")[0] ?? "";
      for (const option of call.match(/--[a-z-]+/g) ?? []) expect(options).toContain(option);
    }
  },
);

test("what a history calls itself cannot move the terminal", async () => {
  const history = JSON.parse(await readFile(sagaFixture("temporal", "approved"), "utf8"));
  history.workflowId = "order\u001b[2J\u202e1";
  const { code, err } = await durascope(
    ["convert", "-", "--out", file],
    {},
    JSON.stringify(history),
  );
  expect([code, err]).toEqual([0, `13 spans of orderSaga order [2J 1 written to ${file}.\n`]);
});
