// Claim: set-up makes a clone ready, does nothing twice, survives interruption and company, and says in one
// sentence what is missing. Proven in a clone whose npm, Python and tsdown are stand-ins that leave a trace.
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { isAlive } from "../support/is-alive.ts";
import {
  noStandIns,
  type Outcome,
  outcomeOf,
  standInsNote,
  standInTools,
  until,
} from "../support/stand-in-tools.ts";

vi.setConfig({ testTimeout: 60_000 });

const repository = fileURLToPath(new URL("../../", import.meta.url));
const requirements = ["requirements-stepfunctions.txt", "requirements-temporal.txt"];

const tools = standInTools(["sh", "mkdir", "ln", "cp", "touch", "sleep"]);
const { trace } = tools;

let clone = "";

const npmThatWorks = `
echo npm >> "$TRACE"
[ -n "$NPM_HANGS" ] && exec sleep 30
mkdir -p node_modules/node/bin node_modules/tsdown node_modules/.bin
ln -sf "$REAL_NODE" node_modules/node/bin/node
ln -sf ../node/bin/node node_modules/.bin/node
printf '%s' '{"name":"tsdown","bin":"run.mjs"}' > node_modules/tsdown/package.json
cp "$TSDOWN" node_modules/tsdown/run.mjs
printf '%s' '{"packages":{}}' > node_modules/.package-lock.json
`;

const tsdown = `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
appendFileSync(process.env.TRACE, "tsdown\\n");
mkdirSync("dist", { recursive: true });
writeFileSync("dist/index.mjs", "");
`;

/** A Python that answers the probe, and "makes" an environment whose interpreter is a copy of itself. */
function pythonOf(version: string, pip: string): string {
  return `
case "$2" in
  venv) mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; touch "$4/bin/temporal"; exit 0 ;;
  pip) echo pip >> "$TRACE"; touch "$TMPDIR/unpacked"; ${pip} ;;
esac
echo "durascope ${version}"
`;
}

beforeEach(() => {
  clone = tools.path("clone");
  mkdirSync(join(clone, "src/engines"), { recursive: true });
  cpSync(join(repository, "scripts"), join(clone, "scripts"), { recursive: true });
  for (const file of requirements) {
    cpSync(join(repository, "src/engines", file), join(clone, "src/engines", file));
  }
  writeFileSync(join(clone, "package.json"), '{"type":"module","exports":"./dist/index.mjs"}');
  writeFileSync(join(clone, "package-lock.json"), '{"packages":{}}');
  writeFileSync(join(clone, "src/index.ts"), "export {};");
  writeFileSync(join(clone, "tsdown-stand-in.mjs"), tsdown);
  tools.tool("npm", npmThatWorks);
  tools.tool("python3", pythonOf("3 12", "exit 0"));
});

function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, ["scripts/with-setup.mjs", ...args], {
    cwd: clone,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...tools.environment(),
      REAL_NODE: process.execPath,
      TSDOWN: join(clone, "tsdown-stand-in.mjs"),
      ...env,
    },
  });
}

function setUp(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return outcomeOf(launch(args, env));
}

describe.skipIf(noStandIns)(`a fresh clone${standInsNote}`, () => {
  it("gets packages, both engines and the build, each once, and then runs the command", async () => {
    const first = await setUp(["node", "-p", "6*7"]);
    expect(first).toMatchObject({ code: 0, stdout: "42\n" });
    expect(first.stderr).toMatch(/packages .* \d+\.\d s/u);
    expect(trace()).toEqual(["npm", "pip", "pip", "tsdown"]);

    // What pip unpacks goes where a killed set-up's successor finds it, and not into the system's folder.
    expect(readdirSync(tools.path("tmp"))).toEqual([]);
    expect(existsSync(join(clone, ".durascope/venv/temporary"))).toBe(false);

    const second = await setUp(["node", "-p", "6*7"]);
    expect(second).toEqual({ code: 0, stdout: "42\n", stderr: "" });
    expect(trace()).toEqual(["npm", "pip", "pip", "tsdown"]);
  });

  it("is set up once when two commands begin at the same time", async () => {
    const both = await Promise.all([setUp(["node", "-p", "1"]), setUp(["node", "-p", "2"])]);
    expect(both.map((outcome) => outcome.code)).toEqual([0, 0]);
    expect(both.map((outcome) => outcome.stdout)).toEqual(["1\n", "2\n"]);
    expect(trace()).toEqual(["npm", "pip", "pip", "tsdown"]);
  });

  it.each(["SIGTERM", "SIGKILL"] as const)(
    "is set up anew after a %s in the middle of it",
    async (signal) => {
      const interrupted = launch([], { NPM_HANGS: "yes" });
      const ended = outcomeOf(interrupted);
      await until(() => trace().length > 0);
      interrupted.kill(signal);
      // Node gives the code null for an end by SIGKILL.
      expect(await ended).toMatchObject({ code: signal === "SIGTERM" ? 143 : null });
      expect(await setUp()).toMatchObject({ code: 0 });
      expect(trace()).toEqual(["npm", "npm", "pip", "pip", "tsdown"]);
    },
  );

  it("needs no engine that runs elsewhere", async () => {
    const elsewhere = {
      TEMPORAL_ADDRESS: "127.0.0.1:1",
      AWS_ENDPOINT_URL_SFN: "http://127.0.0.1:2",
    };
    expect(await setUp([], elsewhere)).toMatchObject({ code: 0 });
    expect(trace()).toEqual(["npm", "tsdown"]);
  });
});

describe.skipIf(noStandIns)(`a clone that was set up${standInsNote}`, () => {
  it("is built again when a source changes, and not when a test does", async () => {
    await setUp();
    writeFileSync(join(clone, "src/index.test.ts"), "");
    await setUp();
    expect(trace().filter((name) => name === "tsdown")).toHaveLength(1);
    writeFileSync(join(clone, "src/index.ts"), "export const changed = 1;");
    await setUp();
    expect(trace().filter((name) => name === "tsdown")).toHaveLength(2);
  });

  it("gets its packages again when the lock file changes", async () => {
    await setUp();
    writeFileSync(join(clone, "package-lock.json"), '{"packages":{"node_modules/a":{}}}');
    await setUp();
    expect(trace().filter((name) => name === "npm")).toHaveLength(2);
  });

  it("returns the command's exit code, and passes signals on to it", async () => {
    await setUp();
    expect(await setUp(["node", "-e", "process.exit(7)"])).toMatchObject({ code: 7 });
    const script = `
      process.on("SIGTERM", () => { console.log("wound up"); process.exit(3); });
      setInterval(() => undefined, 1000);
      console.log("ready");
    `;
    const child = launch(["node", "-e", script]);
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    expect(await outcomeOf(child)).toMatchObject({ code: 3, stdout: "ready\nwound up\n" });
  });

  it("takes the command along when it is killed", async () => {
    await setUp();
    const child = launch(["node", "-e", "console.log(process.pid); setInterval(() => 0, 1000)"]);
    const pid = await new Promise<number>((resolve) => {
      child.stdout?.once("data", (chunk) => resolve(Number(chunk)));
    });
    child.kill("SIGKILL");
    await until(() => !isAlive(pid));
    expect(isAlive(pid)).toBe(false);
  });
});

describe.skipIf(noStandIns)(`what is missing is said in one sentence${standInsNote}`, () => {
  it.each([
    ["no Python at all", () => tools.remove("python3"), /Python 3\.10 or newer is missing/u],
    [
      "an old Python",
      () => tools.tool("python3", pythonOf("3 8", "exit 0")),
      /missing \(found only python3 3\.8\)/u,
    ],
    [
      "a Python without venv",
      () => tools.tool("python3", pythonOf("3 11 ensurepip", "exit 0")),
      /python3 has no module ensurepip/u,
    ],
    [
      "a package index that refuses",
      () => tools.tool("python3", pythonOf("3 11", "echo 'ERROR: HTTP error 403' >&2; exit 1")),
      /pip could not install the Step Functions endpoint \(code 1\).*\n {2}ERROR: HTTP error 403/u,
    ],
    ["no npm", () => tools.remove("npm"), /npm is missing/u],
    [
      "an npm registry that refuses",
      () => tools.tool("npm", "echo 'npm error code E403' >&2; exit 1"),
      /npm ci ended with code 1.*\n {2}npm error code E403/u,
    ],
  ])("for %s", async (_, breakIt, sentence) => {
    breakIt();
    const { code, stderr } = await setUp(["node", "-p", "1"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s+at /mu);
  });
});
