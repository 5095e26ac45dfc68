// Claim: the set-up of the backends makes each once for all clones of a user, never takes a half-made one, goes on
// when one cannot be made, and says so. Proven with stand-ins for Go, apt, pip and npm that leave a trace.
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import {
  noStandIns,
  type Outcome,
  outcomeOf,
  standInsNote,
  standInTools,
  until,
} from "../support/stand-in-tools.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const programs = ["jaeger", "collector", "compose", "prometheus3", "prometheus", "python"];

const tools = standInTools("sh mkdir ln cp touch sleep basename grep head chmod rm".split(" "));
const { trace } = tools;

let clone = "";

const npm = `
echo "npm $(basename "$PWD")" >> "$TRACE"
mkdir -p node_modules/node/bin
ln -sf "$REAL_NODE" node_modules/node/bin/node
printf '%s' '{"packages":{}}' > node_modules/.package-lock.json
`;

/** A Python that answers the probe, and "makes" an environment whose interpreter is a copy of itself. */
function pythonOf(version: string): string {
  return `
case "$2" in
  venv) rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; exit 0 ;;
  pip) echo pip >> "$TRACE"; touch "$TMPDIR/unpacked"; exit 0 ;;
esac
echo "durascope ${version}"
`;
}

const aptGet = `
echo apt-get >> "$TRACE"
touch prometheus_2.42.0_amd64.deb
`;

const dpkg = `mkdir -p "$3/usr/bin"; touch "$3/usr/bin/prometheus" "$3/usr/bin/promtool"`;

/** Every module is there, with the sum that the recipe pins; what it builds is a collector's builder, whatever is asked for. */
const go = `
case "$1 $2" in
  "mod download")
    mkdir -p "$MODULE"; echo "module x" > "$MODULE/go.mod"; touch "$MODULE/go.sum"
    sum=$(grep -h -A 3 "\\"\${4%@*}\\"" scripts/setup/backends/*.mjs "$CLONE"/scripts/setup/backends/*.mjs 2>/dev/null | grep -o 'h1:[^"]*' | head -1)
    echo "{ \\"Dir\\": \\"$MODULE\\", \\"Sum\\": \\"\${SUM:-$sum}\\" }" ;;
  "build "*)
    while [ "$1" != "-o" ]; do shift; done
    echo "go $(basename "$2")" >> "$TRACE"
    printf '#!/bin/sh\\nmkdir -p sources; touch sources/otelcol "$TMPDIR/otelcol-distribution"\\n' > "$2"; chmod +x "$2"
    touch "$TMPDIR/go-build"
    [ -n "$GO_HANGS" ] && exec sleep 30 ;;
esac
exit 0
`;

function makeClone(name: string): string {
  const folder = tools.path(name);
  mkdirSync(join(folder, "test/stacks/other-api"), { recursive: true });
  cpSync(join(repository, "scripts"), join(folder, "scripts"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "package-lock.json"), '{"packages":{}}');
  writeFileSync(join(folder, "test/stacks/other-api/package-lock.json"), "{}");
  return folder;
}

beforeEach(() => {
  tools.tool("npm", npm);
  tools.tool("python3", pythonOf("3 12"));
  tools.tool("apt-get", aptGet);
  tools.tool("dpkg", dpkg);
  tools.tool("go", go);
  clone = makeClone("clone");
});

function launch(folder: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, ["scripts/setup-backends.mjs"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...tools.environment(),
      MODULE: tools.path("module"),
      CLONE: folder,
      DURASCOPE_CACHE: tools.path("cache"),
      REAL_NODE: process.execPath,
      ...env,
    },
  });
}

function setUp(folder: string, env?: Readonly<Record<string, string>>): Promise<Outcome> {
  return outcomeOf(launch(folder, env));
}

/** What the tests of a clone are told. */
function list(
  folder: string,
): Record<string, { programs: Record<string, string>; reason?: string }> {
  return JSON.parse(readFileSync(join(folder, ".durascope/backends.json"), "utf8"));
}

describe.skipIf(noStandIns)(`setup:backends${standInsNote}`, () => {
  it("makes every backend once, and tells the tests where they are", async () => {
    const first = await setUp(clone);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toMatch(/Jaeger 1\.76\.0 \(Go\) \.\.\. \d+\.\d s/u);
    expect(trace().toSorted()).toEqual(
      [
        "npm clone",
        "npm other-api",
        "apt-get",
        "pip",
        "go jaeger",
        "go builder",
        "go docker-compose",
        "go prometheus",
      ].toSorted(),
    );
    const told = list(clone);
    expect(Object.keys(told).toSorted()).toEqual(programs.toSorted());
    for (const { programs: paths, reason } of Object.values(told)) {
      expect(reason).toBeUndefined();
      expect(Object.values(paths).filter((path) => !existsSync(path))).toEqual([]);
    }

    const calls = trace().length;
    expect(await setUp(clone)).toMatchObject({ code: 0, stderr: "" });
    expect(trace()).toHaveLength(calls);
  });

  it("finds in a second clone what the first has made", async () => {
    await setUp(clone);
    const calls = trace().length;
    const second = makeClone("second");
    expect(await setUp(second)).toMatchObject({ code: 0 });
    expect(trace().slice(calls)).toEqual(["npm second", "npm other-api"]);
    expect(list(second)).toEqual(list(clone));
  });

  it("goes on without Go and without apt, says what is missing, and ends with code 1", async () => {
    tools.remove("go");
    tools.remove("apt-get");
    const outcome = await setUp(clone);
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.stderr).toContain("go cannot be started: install Go");
    expect(outcome.stderr).toContain("apt-get is missing");
    expect(outcome.stderr).toContain("5 of 8 steps failed");
    expect(trace()).toEqual(["npm clone", "npm other-api", "pip"]);
    expect(list(clone)["jaeger"]).toMatchObject({
      programs: {},
      reason: expect.stringContaining("go cannot be started"),
    });
    expect(list(clone)["python"]?.reason).toBeUndefined();

    tools.tool("go", go);
    tools.tool("apt-get", aptGet);
    expect(await setUp(clone)).toMatchObject({ code: 0 });
    expect(trace().filter((call) => call === "pip")).toHaveLength(1);
    expect(list(clone)["jaeger"]?.reason).toBeUndefined();
  });

  it("does not wait for another set-up when it has all that it needs", async () => {
    await setUp(clone);
    const lock = tools.path("cache/backends/lock");
    mkdirSync(lock);
    // The process id of one that lives: this test's.
    writeFileSync(join(lock, "pid"), String(process.pid));
    expect(await setUp(clone)).toMatchObject({ code: 0, stderr: "" });
  });

  it("says where it cannot write, and how to name another folder", async () => {
    writeFileSync(tools.path("file"), "");
    const { code, stderr } = await setUp(clone, { DURASCOPE_CACHE: tools.path("file/cache") });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^setup: .*file.cache.backends.* let DURASCOPE_CACHE name another/u);
    expect(stderr).not.toMatch(/^\s+at /mu);
  });

  it("takes the newest Python that there is where the usual one is too old for the tests' tools", async () => {
    tools.tool("python3", pythonOf("3 10"));
    expect((await setUp(clone)).stderr).toContain(
      "Python 3.11 or newer is missing (found only python3 3.10): install it for the tests' Python tools.",
    );
    tools.tool("python3.12", pythonOf("3 12"));
    expect(await setUp(clone)).toMatchObject({ code: 0 });
    expect(list(clone)["python"]?.reason).toBeUndefined();
  });

  it.each(["SIGTERM", "SIGKILL"] as const)(
    "makes anew what a %s left half made, and leaves no temporary file",
    async (signal) => {
      const interrupted = launch(clone, { GO_HANGS: "yes" });
      const ended = outcomeOf(interrupted);
      // The stand-in has written its program already, and is not yet at its end.
      await until(() => trace().includes("go jaeger"));
      interrupted.kill(signal);
      await ended;
      expect(await setUp(clone)).toMatchObject({ code: 0 });
      expect(trace().filter((call) => call === "go jaeger")).toHaveLength(2);
      expect(trace().filter((call) => call === "pip")).toHaveLength(1);
      expect(readdirSync(tools.path("tmp"))).toEqual([]);
      const kept = readdirSync(tools.path("cache"), { recursive: true, encoding: "utf8" });
      expect(kept.filter((path) => path.includes("temporary"))).toEqual([]);
    },
  );

  it("builds no module that is not the one that was looked at", async () => {
    const outcome = await setUp(clone, { SUM: "h1:another" });
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.stderr).toContain(
      "github.com/jaegertracing/jaeger v1.76.0 is not the module that was looked at: its sum is h1:another",
    );
    expect(trace().some((call) => call.startsWith("go "))).toBe(false);
  });
});
