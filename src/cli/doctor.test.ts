/** What `durascope doctor` says of the backend that a lookup asks; the checks themselves are tested in src/doctor. */
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Readable, Writable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { type BadBackend, startBadBackend } from "../../test/doubles/bad-backend.ts";
import { startTempoServer } from "../../test/doubles/tempo-server.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { Finding } from "../doctor/finding.ts";
import { runCommandLine } from "./command-line.ts";

const folder = temporaryFolder();
const servers: Pick<BadBackend, "stop">[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const texts = { out: "", err: "" };
  const into = (name: "out" | "err"): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString();
        done();
      },
    });
  const code = await runCommandLine(["doctor", ...args], {
    stdin: Readable.from([]),
    stdout: into("out"),
    stderr: into("err"),
    environment,
    now: Date.now,
  });
  return { code, ...texts };
}

/** The finding of a check, and the exit code. */
async function finding(
  check: string,
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Partial<Finding> & { readonly code: number }> {
  const { code, out } = await run(["--json", ...args], environment);
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  return { code, ...findings.find((found) => found.check === check) };
}

test("the backend that lookup asks is named, with what made it be that one, and that it answers", async () => {
  const server = await startTempoServer();
  servers.push(server);
  expect(await finding("lookup", { TEMPO_URL: server.url })).toMatchObject({
    code: 0,
    status: "ok",
    text: `lookup asks Tempo at ${server.url} (TEMPO_URL), which answers`,
  });
});

test("one that does not answer well is a failure", async () => {
  const server = await startBadBackend("401");
  servers.push(server);
  const environment = { JAEGER_URL: server.url, JAEGER_AUTHORIZATION: "Bearer top-secret" };
  const found = await finding("lookup", environment);
  expect(found).toMatchObject({ code: 1, status: "failed", hint: expect.stringContaining("401") });
  expect(JSON.stringify(found)).not.toContain("top-secret");
});

test("a file that is not there is a failure, one that is there is not read", async () => {
  const path = folder.path("spans.jsonl");
  const missing = await finding("lookup", { DURASCOPE_FILE: path });
  expect(missing).toMatchObject({ code: 1, status: "failed" });
  await writeFile(path, "no JSON at all");
  const there = await finding("lookup", { DURASCOPE_FILE: path });
  expect(there).toMatchObject({ code: 0, text: expect.stringMatching(/which is there$/) });
});

test("a set-up that does not say where to look is a warning, and its site still tells the backend", async () => {
  const environment = { DURASCOPE_BACKEND: "datadog", DD_API_KEY: "a-secret-key" };
  const found = await finding("lookup", environment);
  expect(found).toMatchObject({
    code: 0,
    status: "warning",
    text: expect.stringMatching(/^lookup cannot ask: Datadog .*DD_APP_KEY is not set$/),
    hint: "Set DD_API_KEY, DD_APP_KEY and DD_SITE.",
  });
  expect(JSON.stringify(found)).not.toContain("a-secret-key");
  const backend = await finding("backend", environment);
  expect(backend.text).toMatch(/^Datadog \(DURASCOPE_BACKEND\)/);
});

test("what the backend does with late spans follows --backend, else the one that lookup asks", async () => {
  const environment = {
    DURASCOPE_BACKEND: "tempo",
    TEMPO_URL: "http://127.0.0.1:1",
    JAEGER_URL: "http://j",
  };
  expect((await finding("backend", environment)).text).toMatch(
    /^Grafana Tempo \(DURASCOPE_BACKEND\)/,
  );
  const named = await finding("backend", environment, "--backend", "dynatrace");
  expect(named.text).toMatch(/^Dynatrace \(--backend\)/);
});

test("docs/production.md tells every check, and no other", () => {
  const root = new URL("../../", import.meta.url);
  const text = (path: string): string => readFileSync(new URL(path, root), "utf8");
  const sources = readdirSync(new URL("src/doctor", root))
    .filter((name) => !name.endsWith(".test.ts"))
    .map((name) => `src/doctor/${name}`);
  const made = ["src/cli/doctor.ts", ...sources].flatMap((path) =>
    [...text(path).matchAll(/(?:\b(?:ok|warning|failed)\(\s*|CALL = )"([a-z_]+)"/g)].map(
      (match) => match[1] ?? "",
    ),
  );
  const [, section = ""] = text("docs/production.md").split("## Checking the set-up");
  const rows = [...(section.split("\n## ")[0] ?? "").matchAll(/^\| (`[a-z_`, ]+`) \|/gm)];
  const told = rows.flatMap(([, names = ""]) => names.split(", ").map((name) => name.slice(1, -1)));
  expect(told.toSorted()).toEqual([...new Set(made)].toSorted());
});

test.each(["--state-machine-arn", "--state-machine"])(
  "a state machine's ARN that is none is a wrong call: %s",
  async (option) => {
    const { code, out, err } = await run([option, "orderSaga"], {});
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("stateMachine:<name>");
  },
);

test("lines are as wide as the terminal, and hold nothing that moves it", async () => {
  const environment = {
    COLUMNS: "50",
    DURASCOPE_SPOOL_DIR: folder.path("a\u001b[2Jb"),
    DURASCOPE_FILE: "x",
  };
  const { out } = await run([], environment);
  expect(out).not.toContain("\u001b");
  const wide = out.split("\n").filter((line) => line.length > 50 && line.trim().includes(" ", 2));
  expect(wide.filter((line) => !line.includes(folder.path()))).toEqual([]);
});
