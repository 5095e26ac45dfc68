// Claim: each file of the compose stack is taken by the real program that it is for, wherever that program can be had
// without Docker: docker compose, the collector, Jaeger, Prometheus, Temporal, the Step Functions endpoint.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { freePorts } from "../../src/engines/free-port.ts";
import { enginePython, launcherFolder, pinnedTemporal } from "../../src/engines/paths.ts";
import { backendProgram, missingBackend, withReason } from "../backends/installed.ts";
import {
  checkJsonSchema,
  collectorProgram,
  dockerCompose,
  type ProgramResult,
  promtool,
  runProgram,
} from "../backends/program.ts";
import { isOk, portAt, startBackend } from "../backends/server.ts";
import {
  composeFile,
  composeService,
  readCompose,
  repository,
  repositoryText,
} from "../support/stack-files.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "durascope-compose-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nothing when a program ended well, else all that it said. */
function complaint({ code, stdout, stderr }: ProgramResult): string {
  return code === 0 ? "" : `code ${code}: ${stderr}${stdout}`;
}

const missingPython = missingBackend("python");
describe.skipIf(missingPython !== undefined)(
  `the ${withReason("compose file", missingPython)}`,
  () => {
    it("holds to the schema of compose files", async () => {
      expect(
        complaint(await checkJsonSchema(["--builtin-schema", "vendor.compose-spec", composeFile])),
      ).toBe("");
    });

    it("would not with a misspelt key, so the check can fail", async () => {
      const file = join(folder, "misspelt.yml");
      writeFileSync(
        file,
        repositoryText("docker-compose.otel.yml").replace("restart:", "restrat:"),
      );
      const result = await checkJsonSchema(["--builtin-schema", "vendor.compose-spec", file]);
      expect(result.code).toBe(1);
    });
  },
);

const missingCompose = missingBackend("compose");
describe.skipIf(missingCompose !== undefined)(
  `docker ${withReason("compose", missingCompose)}`,
  () => {
    const { services } = readCompose();

    async function servicesOf(...profiles: readonly string[]): Promise<string[]> {
      const flags = profiles.flatMap((profile) => ["--profile", profile]);
      const result = await dockerCompose([
        "-f",
        composeFile,
        ...flags,
        "config",
        "--format",
        "json",
      ]);
      expect(complaint(result)).toBe("");
      expect(result.stderr).toBe("");
      return Object.keys(JSON.parse(result.stdout).services).toSorted();
    }

    it.each([
      [["core"]],
      [["engines"]],
      [["datadog"]],
      [["core", "engines"]],
      [["core", "datadog"]],
      [["core", "engines", "datadog"]],
    ])("takes it with the profiles %j", async (profiles) => {
      const expected = Object.entries(services)
        .filter(([, service]) => service.profiles.some((profile) => profiles.includes(profile)))
        .map(([name]) => name);
      expect(await servicesOf(...profiles)).toEqual(expected.toSorted());
    });

    it("finds no variable without a default", async () => {
      const result = await dockerCompose(["-f", composeFile, "--profile", "*", "config", "-q"]);
      expect(result).toEqual({ code: 0, stdout: "", stderr: "" });
    });
  },
);

const missingCollector = missingBackend("collector");
describe.skipIf(missingCollector !== undefined)(
  `the ${withReason("OpenTelemetry Collector", missingCollector)}`,
  () => {
    const deploy = join(repository, "deploy/collector");

    it.each(["config", "datadog"])(
      "takes config.yaml with %s.yaml laid over it",
      async (overlay) => {
        const files = ["config", overlay].map((name) => `--config=${join(deploy, name)}.yaml`);
        expect(complaint(await collectorProgram(["validate", ...files]))).toBe("");
      },
    );

    it("takes the configuration of docs/sampling.md", async () => {
      const page = repositoryText("docs/sampling.md");
      const snippet = /```yaml sampling-collector\n([\s\S]*?)```/u.exec(page)?.[1] ?? "";
      expect(snippet).not.toBe("");
      const file = join(folder, "sampling.yaml");
      writeFileSync(file, JSON.stringify(parse(snippet)));
      expect(complaint(await collectorProgram(["validate", `--config=${file}`]))).toBe("");
    });

    it("would not take a misspelt key, so the check can fail", async () => {
      const file = join(folder, "misspelt.yaml");
      const text = repositoryText("deploy/collector/config.yaml");
      writeFileSync(file, text.replace("send_batch_size", "send_bach_size"));
      const result = await collectorProgram(["validate", `--config=${file}`]);
      expect(result).toMatchObject({ code: 1 });
      expect(result.stderr).toContain("send_bach_size");
    });
  },
);

/** Prometheus' configuration, with the rules where they are in the repository. */
function localPrometheus(change: (text: string) => string = (text) => text): string {
  const file = join(folder, "prometheus.yaml");
  const alerts = join(repository, "dashboards/alerts");
  const text = repositoryText("deploy/prometheus/config.yaml");
  writeFileSync(file, change(text.replaceAll("/etc/prometheus/alerts", alerts)));
  return file;
}

const missingPromtool = missingBackend("prometheus");
describe.skipIf(missingPromtool !== undefined)(
  `Debian's ${withReason("promtool", missingPromtool)}`,
  () => {
    it("takes Prometheus' configuration, but for OTLP that 2.42 has not, and the rules that it names", async () => {
      const withoutOtlp = localPrometheus((text) => {
        const { otlp: _, ...configuration } = parse(text);
        return JSON.stringify(configuration);
      });
      const result = await promtool(["check", "config", withoutOtlp]);
      expect(complaint(result)).toBe("");
      expect((result.stdout + result.stderr).match(/rules found/gu)).toHaveLength(2);
    });
  },
);

const missingPrometheus = missingBackend("prometheus3");
describe.skipIf(missingPrometheus !== undefined)(
  `real ${withReason("Prometheus 3", missingPrometheus)}`,
  () => {
    it("starts with the compose file's flags, and has loaded the rules", async () => {
      const composeFlags = composeService("prometheus").command ?? [];
      const server = await startBackend({
        name: "Prometheus 3",
        portCount: 1,
        command: (ports, dataFolder) => ({
          program: backendProgram("prometheus3", "prometheus"),
          args: [
            ...composeFlags.map((flag) =>
              flag
                .replace("/etc/prometheus/config.yaml", localPrometheus())
                .replace("=/prometheus", `=${join(dataFolder, "data")}`),
            ),
            `--web.listen-address=127.0.0.1:${portAt(ports, 0)}`,
          ],
        }),
        ask: (ports) => isOk(`http://127.0.0.1:${portAt(ports, 0)}/-/ready`),
      });
      const url = `http://127.0.0.1:${portAt(server.ports, 0)}`;
      const { data } = await fetchJson<{ data: { groups: unknown[] } }>(`${url}/api/v1/rules`);
      expect(data.groups.length).toBeGreaterThan(0);
      const otlp = await fetch(`${url}/api/v1/otlp/v1/metrics`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"resourceMetrics":[]}',
      });
      expect(otlp.status).toBe(200);
      await server.stop();
    });
  },
);

const missingJaeger = missingBackend("jaeger");
describe.skipIf(missingJaeger !== undefined)(`real ${withReason("Jaeger", missingJaeger)}`, () => {
  it("starts with its configuration, and serves the UI with our link patterns", async () => {
    const server = await startBackend({
      name: "Jaeger",
      portCount: 5,
      command: (ports) => ({
        program: backendProgram("jaeger", "jaeger"),
        args: ["--config", join(repository, "deploy/jaeger/config.yaml")],
        env: {
          HEALTH_LISTEN: `127.0.0.1:${portAt(ports, 0)}`,
          QUERY_HTTP_LISTEN: `127.0.0.1:${portAt(ports, 1)}`,
          QUERY_GRPC_LISTEN: `127.0.0.1:${portAt(ports, 2)}`,
          OTLP_GRPC_LISTEN: `127.0.0.1:${portAt(ports, 3)}`,
          TELEMETRY_HOST: "127.0.0.1",
          TELEMETRY_PORT: String(portAt(ports, 4)),
          UI_CONFIG: join(repository, "dashboards/jaeger-ui.json"),
        },
      }),
      ask: (ports) => isOk(`http://127.0.0.1:${portAt(ports, 0)}/status`),
    });
    const page = await fetch(`http://127.0.0.1:${portAt(server.ports, 1)}/search`);
    expect(await page.text()).toContain("linkPatterns");
    await server.stop();
  });
});

describe("the engines", () => {
  it("Temporal starts with the compose file's flags, and its health check passes", async () => {
    const flags = composeService("temporal").command ?? [];
    const check = composeService("temporal").healthcheck?.test.slice(2) ?? [];
    const server = await startBackend({
      name: "Temporal",
      portCount: 3,
      command: (ports, dataFolder) => ({
        program: pinnedTemporal,
        args: flags.map((flag) =>
          flag
            .replace("--ip=0.0.0.0", "--ip=127.0.0.1")
            .replace("--port=7233", `--port=${portAt(ports, 0)}`)
            .replace("--ui-port=8233", `--ui-port=${portAt(ports, 1)}`)
            .replace("/data/", `${dataFolder}/`),
        ),
      }),
      ask: (ports) => isOk(`http://127.0.0.1:${portAt(ports, 1)}/`),
    });
    const address = `127.0.0.1:${portAt(server.ports, 0)}`;
    const args = check.map((word) => word.replace("127.0.0.1:7233", address));
    await expect
      .poll(async () => (await runProgram(pinnedTemporal, args)).code, { timeout: 20_000 })
      .toBe(0);
    await server.stop();
  });

  it("the Step Functions endpoint starts by its image's command, and its health check passes", async () => {
    const [, command = ""] =
      /^CMD (\["python".*)$/mu.exec(repositoryText("deploy/Dockerfile")) ?? [];
    const [, ...args]: string[] = JSON.parse(command);
    const check = composeService("step-functions").healthcheck?.test.slice(2) ?? [];
    const [port = 0] = await freePorts(1);
    const server = await startBackend({
      name: "The Step Functions endpoint",
      portCount: 1,
      command: (ports) => ({
        program: enginePython,
        args: args.map((word) => word.replace("5556", String(portAt(ports, 0)))),
        env: {
          PYTHONPATH: launcherFolder,
          PYTHONDONTWRITEBYTECODE: "1",
          SFN_LAMBDA_ENDPOINT: `http://127.0.0.1:${port}`,
        },
      }),
      ask: (ports) => isOk(`http://127.0.0.1:${portAt(ports, 0)}/moto-api/config`),
    });
    const script = check.map((word) => word.replace("5556", String(portAt(server.ports, 0))));
    expect(complaint(await runProgram(enginePython, script))).toBe("");
    await server.stop();
  });
});

async function fetchJson<T>(url: string): Promise<T> {
  const value: T = JSON.parse(await (await fetch(url)).text());
  return value;
}
