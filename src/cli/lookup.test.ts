import { EventEmitter } from "node:events";
import { writeFile } from "node:fs/promises";
import { Readable, Writable } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type BadBackend, type Badness, startBadBackend } from "../../test/doubles/bad-backend.ts";
import { sendOtlp } from "../../test/doubles/otlp-intake.ts";
import { startTempoServer } from "../../test/doubles/tempo-server.ts";
import {
  foreignSpan,
  logRequest,
  rootOf,
  type StoryRun,
  spanRequest,
  storyRun,
  withAttributes,
  withLink,
} from "../../test/support/lookup-stories.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { runCommandLine } from "./command-line.ts";

const folder = temporaryFolder();
const servers: BadBackend[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Pages that were opened. */
  readonly opened: readonly string[];
}

async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  open: (url: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<Ended> {
  const texts = { out: "", err: "" };
  const opened: string[] = [];
  const into = (name: "out" | "err"): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString();
        done();
      },
    });
  const code = await runCommandLine(args, {
    stdin: Readable.from([]),
    stdout: into("out"),
    stderr: into("err"),
    environment,
    now: Date.now,
    open: (url) => {
      opened.push(url);
      return open(url);
    },
  });
  return { code, ...texts, opened };
}

/** Writes runs to the test's file, and gives its path. */
async function recorded(...runs: readonly StoryRun[]): Promise<string> {
  const path = folder.path("spans.jsonl");
  await writeFile(path, runs.map((story) => `${spanRequest(story.spans)}\n`).join(""));
  return path;
}

async function bad(badness: Badness, elsewhere?: string): Promise<BadBackend> {
  const server = await startBadBackend(badness, elsewhere);
  servers.push(server);
  return server;
}

const SECRET = "s3cr3t-key-of-somebody";

/** How each backend is pointed at a server, with a credential. */
const BACKENDS: Readonly<Record<string, (url: string) => Record<string, string>>> = {
  Jaeger: (url) => ({ JAEGER_URL: url, JAEGER_AUTHORIZATION: `Bearer ${SECRET}` }),
  Tempo: (url) => ({ TEMPO_URL: url, TEMPO_AUTHORIZATION: `Bearer ${SECRET}` }),
  Datadog: (url) => ({
    DURASCOPE_BACKEND: "datadog",
    DURASCOPE_DATADOG_URL: url,
    DD_API_KEY: SECRET,
    DD_APP_KEY: `${SECRET}-app`,
  }),
};

describe.each(Object.entries(BACKENDS))("%s that answers badly ends with 4", (name, settings) => {
  test.each<[Badness, RegExp]>([
    ["401", /answered 401/],
    ["403", /answered 403/],
    ["404", /./],
    ["429", /429|limit/],
    ["500", /answered 500/],
    ["HTML", /./],
    ["truncated JSON", /JSON that breaks off after 27 characters/],
    ["an endless body", /./],
    ["a broken connection", /cannot be reached|broke/],
  ])("%s", async (badness, words) => {
    const server = await bad(badness);
    const { code, out, err } = await run(
      ["lookup", "order-1", "--since", "1h"],
      settings(server.url),
    );
    expect([code, out]).toEqual([4, ""]);
    expect(err).toMatch(new RegExp(`^durascope: ${name}`));
    expect(err).toMatch(words);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(err).not.toContain(SECRET);
    expect(err).not.toContain("\u001b");
    expect(server.credentials.join()).toContain(SECRET);
  });

  test("nothing, within the time that --timeout gives", async () => {
    const server = await bad("nothing");
    const args = ["lookup", "order-1", "--timeout", "1", "--since", "1h"];
    const { code, err } = await run(args, settings(server.url));
    expect(code).toBe(4);
    expect(err).toMatch(/^durascope: .* had not answered within 1 s \(--timeout\)/);
  });

  test("a redirect elsewhere, where no credential goes", async () => {
    const other = await bad("401");
    const server = await bad("a redirect elsewhere", other.url);
    const { code, err } = await run(["lookup", "order-1", "--since", "1h"], settings(server.url));
    expect([code, other.credentials]).toEqual([4, []]);
    expect(err).toContain("redirect");
    expect(err).not.toContain(SECRET);
  });
});

test.each(["Jaeger", "Tempo", "Datadog"])(
  "%s that answers JSON of another shape ends with 4",
  async (name) => {
    const { url } = await bad("JSON of another shape");
    const { code, err } = await run(["lookup", "order-1", "--since", "1h"], BACKENDS[name]?.(url));
    expect([code, err]).toEqual([4, expect.stringMatching(new RegExp(`^durascope: ${name}`))]);
  },
);

test("a backend that is not there ends with 4, an address that is none with 2", async () => {
  const server = await bad("401");
  await server.stop();
  const { code, err } = await run(["lookup", "x"], { JAEGER_URL: server.url });
  expect([code, err]).toEqual([
    4,
    expect.stringMatching(/^durascope: Jaeger at .* cannot be reached/),
  ]);
  const nonsense = await run(["lookup", "x"], { JAEGER_URL: `javascript:${SECRET}` });
  expect([nonsense.code, nonsense.err.includes(SECRET)]).toEqual([2, false]);
});

test("a file that is missing, or a folder without one, ends with 4", async () => {
  const missing = await run(["lookup", "x", "--file", folder.path("none.jsonl")]);
  expect([missing.code, missing.err]).toEqual([4, expect.stringContaining("There is no file")]);
  const aFolder = await run(["lookup", "x", "--file", folder.path()]);
  expect([aFolder.code, aFolder.err]).toEqual([
    4,
    expect.stringContaining("holds no file whose name ends in"),
  ]);
});

describe("nothing found ends with 3 and tells", () => {
  test("what was asked, likely causes, and what to paste", async () => {
    const path = await recorded(storyRun("temporal"));
    const args = ["lookup", "order 9'", "--file", path, "--since", "2026-11-01"];
    const { code, out, err } = await run(args, { COLUMNS: "1000" });
    expect([code, out]).toEqual([3, ""]);
    expect(err).toMatch(/^durascope: Nothing found of order 9' in the file .*spans\.jsonl\.$/m);
    expect(err).toMatch(
      /^Asked: the file .* since 2026-11-01T00:00:00\.000Z \(--since\) \(--file\)/m,
    );
    expect(err).toContain("Likely causes: the run began before --since; the id is spelt");
    expect(err).toContain(`To ask it yourself: grep -F 'order 9'\\''' `);
  });

  test("in lines that are as wide as the terminal", async () => {
    const path = await recorded(storyRun("temporal"));
    const { err } = await run(["lookup", "nobody", "--file", path], { COLUMNS: "60" });
    const explained = err.split("\n").filter((line) => !line.includes("spans.jsonl"));
    expect(explained.length).toBeGreaterThan(4);
    expect(explained.filter((line) => line.length > 60)).toEqual([]);
    expect(err).not.toContain("--since");
  });

  test("the traces that mention it", async () => {
    const path = folder.path("spans.jsonl");
    const span = foreignSpan("POST /orders", "shop", 1e12);
    const attributes = { "order.id": "order-9" };
    await writeFile(path, `${spanRequest([{ ...span, attributes }])}\n`);
    const { code, err } = await run(["lookup", "order-9", "--file", path]);
    expect(code).toBe(3);
    expect(err).toContain(
      `Also met in trace ${span.traceId} from shop, in the span "POST /orders".`,
    );
  });

  test("the business keys that were searched by, also when nobody named them", async () => {
    const server = await startTempoServer();
    try {
      const environment = { TEMPO_URL: server.url, COLUMNS: "1000" };
      const usual = await run(["lookup", "order-9"], environment);
      expect(usual.code).toBe(3);
      expect(usual.err).toContain("for the ids of runs and their relatives, and for order.id.");
      const named = await run(["lookup", "order-9"], { ...environment, DURASCOPE_KEYS: "a,b" });
      expect(named.err).toContain("for the ids of runs and their relatives, and for a, b.");
    } finally {
      await server.stop();
    }
  });

  test("the pages of the traces that mention it, but none of another time", async () => {
    const server = await startTempoServer();
    try {
      const span = foreignSpan("POST /orders", "shop", server.now() - 60_000);
      const attributes = { "order.id": "order-9" };
      await sendOtlp(server.url, [spanRequest([{ ...span, attributes }])]);
      server.age(60_000);
      const { code, err } = await run(["lookup", "order-9"], {
        TEMPO_URL: server.url,
        GRAFANA_URL: "http://g.test",
        LOKI_URL: "http://127.0.0.1:9",
      });
      expect(code).toBe(3);
      expect(err).toContain("Grafana: trace  http://g.test/explore?");
      expect(err).not.toContain("Grafana: logs");
      expect(decodeURIComponent(err)).not.toContain('"range"');
    } finally {
      await server.stop();
    }
  });

  test("nothing that could move the terminal", async () => {
    const path = await recorded(storyRun("temporal"));
    const { code, err } = await run(["lookup", "\u001b[2J\u0007\u202eorder", "--file", path]);
    expect(code).toBe(3);
    expect(err).toMatch(/^[\n\u0020-\u007e…]+$/);
  });
});

describe("a story of several runs", () => {
  async function family(): Promise<{ args: string[]; child: StoryRun; parent: StoryRun }> {
    const parent = storyRun("temporal", { scenario: "declined" });
    const child = withLink(storyRun("temporal"), rootOf(parent), "parent");
    const caller = foreignSpan("POST /orders", "shop", 1e12);
    const path = await recorded(withLink(child, caller, "caller"), parent);
    await writeFile(path, `${spanRequest([caller])}\n`, { flag: "a" });
    return { args: ["lookup", child.workflowId, "--file", path], child, parent };
  }

  test("is listed with what each is to the other; the tree is that of the run itself", async () => {
    const { args, child, parent } = await family();
    const { code, out } = await run(args);
    expect(code).toBe(0);
    expect(out).toMatch(/^1 run and 1 related; the first is shown, --all shows every one$/m);
    expect(out).toMatch(
      new RegExp(`^ {2}.*${parent.workflowId}.*\\n?.*parent of ${child.workflowId}$`, "m"),
    );
    const words = out.replaceAll(/\s+/g, " ");
    expect(words).toContain('from shop, in the span "POST /orders".');
    expect(words).toContain(`Caller of ${child.workflowId}: trace `);
    expect(out.match(/worked /g)?.length).toBeLessThan(3);
    const all = await run([...args, "--all"]);
    expect(all.out).toMatch(/; all are shown$/m);
    expect(all.out).toContain("CardDeclined");
  });

  test("is only the run with --depth 0", async () => {
    const { args, parent } = await family();
    const { out } = await run([...args, "--depth", "0"]);
    expect(out).not.toContain(parent.workflowId);
  });

  test("has no line that is wider than a narrow terminal, but for ids, URLs and paths", async () => {
    const { args } = await family();
    for (const columns of [40, 60]) {
      const environment = { COLUMNS: String(columns), NO_COLOR: "1" };
      // oxlint-disable-next-line no-await-in-loop -- two calls
      const { out } = await run([...args, "--all"], environment);
      const wide = out.split("\n").filter((line) => Array.from(line).length > columns);
      expect(
        wide.filter(
          (line) => !/https?:\/\/|order-[0-9a-f]{12}|[0-9a-f-]{32}|[/\\]spans\.jsonl/.test(line),
        ),
      ).toEqual([]);
    }
  });
});

describe("links", () => {
  test("are printed below the tree, and the first one is opened", async () => {
    const story = storyRun("temporal");
    const args = ["lookup", story.workflowId, "--file", await recorded(story)];
    const url = `http://localhost:8233/namespaces/default/workflows/${story.workflowId}/${story.runId}/history`;
    const { out, opened } = await run(args);
    expect(out).toMatch(new RegExp(`^Temporal UI( |\\n) +${url}$`, "m"));
    expect(opened).toEqual([]);
    const grafana = await run([...args, "--open"], { GRAFANA_URL: "http://localhost:3000" });
    expect(grafana.code).toBe(0);
    expect(grafana.opened).toEqual([
      expect.stringContaining("http://localhost:3000/d/durascope-find"),
    ]);
  });

  test("that cannot be opened, or are none, are told on the standard error", async () => {
    const story = storyRun("temporal");
    const args = ["lookup", story.workflowId, "--file", await recorded(story), "--open"];
    const failed = await run(args, {}, () => Promise.reject(new Error("no browser")));
    expect(failed).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^Opening http:\/\/.*\nNo browser could be opened\./),
    });
    const execution = storyRun("stepfunctions");
    const local = ["lookup", execution.workflowId, "--file", await recorded(execution), "--open"];
    expect(await run(local)).toMatchObject({
      code: 0,
      opened: [],
      err: expect.stringContaining("no page"),
    });
  });
});

test.each<[string, string, unknown, boolean]>([
  ["ends with 3, as xdg-open does without a browser", "exit", 3, false],
  ["cannot be started", "error", new Error("ENOENT"), false],
  ["ends with 0", "exit", 0, true],
])(
  "where the browser's starter %s, the page's address is told",
  async (_name, event, value, isStarted) => {
    const story = storyRun("temporal");
    const args = ["lookup", story.workflowId, "--file", await recorded(story), "--open"];
    const { code, err } = await run(args, {}, () => {
      const child = new EventEmitter();
      setImmediate(() => child.emit(event, value));
      return Promise.resolve(child);
    });
    expect([code, err.includes("No browser could be opened")]).toEqual([0, !isStarted]);
    expect(err).toMatch(/^Opening http:\/\/localhost:8233\//);
  },
);

test.each(["-5", "0", "many", "1e9", "40.5"])(
  "COLUMNS=%s is as if it were not set",
  async (columns) => {
    const story = storyRun("temporal");
    const args = ["lookup", story.workflowId, "--file", await recorded(story)];
    const named = await run(args, { COLUMNS: columns });
    expect(named).toMatchObject({ code: 0, err: "", out: (await run(args)).out });
  },
);

test("which backend was asked, and why that one, is the last line", async () => {
  const story = storyRun("temporal");
  const path = await recorded(story);
  const { out } = await run(["lookup", story.workflowId], { DURASCOPE_FILE: path });
  expect(out.trimEnd().split("\n").at(-1)).toMatch(
    /^asked: file .*spans\.jsonl \(DURASCOPE_FILE\)$/,
  );
});

test("as many log lines are printed as --logs says", async () => {
  const story = storyRun("temporal");
  const path = await recorded(story);
  const logs = [1, 2, 3].map((n) => ({
    time: 1e12 + n,
    severityNumber: 9,
    severityText: "info",
    body: `line ${n}`,
    attributes: { "workflow.run_id": story.runId },
    traceId: story.traceId,
  }));
  await writeFile(path, `${logRequest(logs)}\n`, { flag: "a" });
  const { out } = await run(["lookup", story.workflowId, "--file", path, "--logs", "1"]);
  expect(out).toMatch(/^3 log lines$/m);
  expect(out).toMatch(/line 1\n… 2 more/);
});

test("what a span or a log line says cannot move the terminal", async () => {
  const evil = "\u001b]0;title\u0007\u001b[2J\r\u202e\u0085";
  const story = withAttributes(storyRun("temporal", { scenario: "undeliverable" }), {
    "workflow.type": `orderSaga${evil}`,
    "workflow.namespace": evil,
    "workflow.wait.resolved_by": evil,
    "error.type": evil,
  });
  const spans = story.spans.map(({ attributes, ...span }) => {
    const step = attributes["workflow.step.name"];
    const known = typeof step === "string" ? step : "orderSaga";
    return {
      ...span,
      name: span.name.replace(known, `${known}${evil}`),
      attributes: {
        ...attributes,
        ...(step !== undefined && { "workflow.step.name": known + evil }),
      },
      resource: { "service.name": `service${evil}` },
      status: { code: "ERROR" as const, message: evil },
    };
  });
  const user = { ...foreignSpan(`user${evil}`, `shop${evil}`, 5), traceId: story.traceId };
  const path = await recorded({ ...story, spans: [...spans, user] });
  for (const more of [[], ["--all"], ["--depth", "0"]]) {
    // oxlint-disable-next-line no-await-in-loop -- three calls
    const { code, out, err } = await run(["lookup", story.workflowId, "--file", path, ...more], {
      NO_COLOR: "1",
    });
    expect([code, err]).toEqual([0, ""]);
    expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  }
});

describe("a wrong call ends with 2", () => {
  test.each([
    ["an unknown backend", ["--backend", "zipkin"]],
    ["a depth that is no number", ["--depth", "deep"]],
    ["a negative depth", ["--depth", "-1"]],
    ["an address without its kind", ["--url", "http://127.0.0.1:16686"]],
    ["two backends", ["--file", "x", "--backend", "jaeger"]],
    ["a time that is none", ["--since", "yesterday"]],
    ["an empty key", ["--key", " "]],
    ["a time limit that is none", ["--timeout", "1.5"]],
    ["no time at all", ["--timeout", "0"]],
    ["a day that no calendar has", ["--since", "2026-02-31"]],
  ])("%s", async (_name, args) => {
    const { code, out, err } = await run(["lookup", "order-1", ...args]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(args[0]);
  });
});

test.each([
  [
    "longer than any id",
    "x".repeat(10_000),
    "An id has at most 1024 characters; this one has 10000.",
  ],
  ["half a character", "order-\ud800", "The id holds half a character, which no text does."],
])("an id that is %s is a wrong call, and nothing is asked", async (_name, id, message) => {
  const server = await bad("401");
  const { code, out, err } = await run(["lookup", id], { JAEGER_URL: server.url });
  expect([code, out, err]).toEqual([2, "", `durascope: ${message}\n`]);
  expect(server.credentials).toEqual([]);
});

test("a lookup in a backend has a time limit when nobody sets one, and one in a file has none", async () => {
  const limit = vi.spyOn(AbortSignal, "timeout");
  const server = await bad("401");
  await run(["lookup", "x"], { JAEGER_URL: server.url });
  expect(limit.mock.calls).toEqual([[120_000]]);
  await run(["lookup", "x", "--timeout", "7"], { JAEGER_URL: server.url });
  expect(limit.mock.calls[1]).toEqual([7000]);
  const story = storyRun("temporal");
  await run(["lookup", story.workflowId, "--file", await recorded(story)]);
  expect(limit.mock.calls).toHaveLength(2);
  limit.mockRestore();
});

test("--json holds no character that could move a terminal, and is the same JSON", async () => {
  const evil = "\u009b2J\u0085\u202e\u2066\u200f\u2028\u{e0001}\u007f";
  const story = withAttributes(storyRun("temporal"), { "workflow.type": `saga${evil}` });
  const args = ["lookup", story.workflowId, "--file", await recorded(story), "--json"];
  const { code, out } = await run(args);
  expect(code).toBe(0);
  expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|[\u2028\u2029]/u);
  expect(JSON.parse(out)).toMatchObject({ runs: [{ type: `saga${evil}` }] });
});
