// Claim: the stack's processes work together: the saga and the poller, started with the compose file's commands and
// environment on real engines, send through the real collector to a real Jaeger, and a real Prometheus scrapes both.
// No Docker: each service is a process of this machine, and the services' names become its loopback address.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { freePorts } from "../../src/engines/free-port.ts";
import { enginePython, launcherFolder, pinnedTemporal } from "../../src/engines/paths.ts";
import { backendProgram, missingBackend, withReason } from "../backends/installed.ts";
import { runProgram } from "../backends/program.ts";
import { isOk, type RunningBackend, startBackend } from "../backends/server.ts";
import { composeService, repository, repositoryText } from "../support/stack-files.ts";

/** Everything that the started services listen on, by its address in the compose file. */
const addresses = [
  "temporal:7233",
  "temporal:8233",
  "step-functions:5556",
  "saga:5555",
  "saga:9464",
  "poller:9464",
  "collector:4317",
  "collector:4318",
  "collector:8888",
  "collector:13133",
  "jaeger:4317",
  "jaeger:8888",
  "jaeger:13133",
  "jaeger:16685",
  "jaeger:16686",
  "prometheus:9090",
] as const;
type Address = (typeof addresses)[number];

const startTimeoutMs = 120_000;
const missing = (["collector", "jaeger", "prometheus3"] as const)
  .map(missingBackend)
  .find((reason) => reason !== undefined);

let ports: readonly number[] = [];
const running: RunningBackend[] = [];

/** Services that ended although nobody asked: said in place of what is waited for, since that will not come. */
const ended: string[] = [];

function port(address: Address): number {
  return ports[addresses.indexOf(address)] ?? 0;
}

function local(address: Address): string {
  return `127.0.0.1:${port(address)}`;
}

/** A text of the compose stack, with this machine's addresses in place of the services'. */
function rewritten(text: string): string {
  let result = text;
  for (const address of addresses) result = result.replaceAll(address, local(address));
  return result;
}

/** A service's environment, rewritten. */
function environment(service: "saga" | "poller" | "step-functions"): Record<string, string> {
  const entries = Object.entries(composeService(service).environment ?? {}).map(
    ([name, value]) => [name, rewritten(value).replace("0.0.0.0", "127.0.0.1")] as const,
  );
  return Object.fromEntries(entries);
}

async function start(
  name: string,
  ready: string | (() => Promise<boolean>),
  command: (folder: string) => {
    program: string;
    args: readonly string[];
    env?: Readonly<Record<string, string>>;
  },
): Promise<RunningBackend> {
  const server = await startBackend({
    name,
    portCount: 0,
    command: (_, folder) => command(folder),
    ask: () => (typeof ready === "string" ? isOk(ready) : ready()),
  });
  running.push(server);
  void noteItsEnd(name, server);
  return server;
}

async function noteItsEnd(name: string, server: RunningBackend): Promise<void> {
  const exit = await server.closed;
  if (!exit.expected) ended.push(`${name} ended: ${exit.logTail}`);
}

async function startBackends(): Promise<void> {
  await start("Jaeger", `http://${local("jaeger:13133")}/status`, () => ({
    program: backendProgram("jaeger", "jaeger"),
    args: ["--config", join(repository, "deploy/jaeger/config.yaml")],
    env: {
      HEALTH_LISTEN: local("jaeger:13133"),
      QUERY_HTTP_LISTEN: local("jaeger:16686"),
      QUERY_GRPC_LISTEN: local("jaeger:16685"),
      OTLP_GRPC_LISTEN: local("jaeger:4317"),
      TELEMETRY_HOST: "127.0.0.1",
      TELEMETRY_PORT: String(port("jaeger:8888")),
      UI_CONFIG: join(repository, "dashboards/jaeger-ui.json"),
    },
  }));
  await start("The collector", `http://${local("collector:13133")}/`, (folder) => ({
    program: backendProgram("collector", "otelcol"),
    args: ["--config", join(repository, "deploy/collector/config.yaml")],
    env: {
      OTLP_GRPC_LISTEN: local("collector:4317"),
      OTLP_HTTP_LISTEN: local("collector:4318"),
      HEALTH_LISTEN: local("collector:13133"),
      TELEMETRY_HOST: "127.0.0.1",
      TELEMETRY_PORT: String(port("collector:8888")),
      JAEGER_OTLP_GRPC: local("jaeger:4317"),
      // Nobody is there: the stack's Tempo and Loki are not part of this test.
      TEMPO_OTLP_GRPC: "127.0.0.1:9",
      LOKI_OTLP_HTTP: "http://127.0.0.1:9/otlp",
      PROMETHEUS_OTLP_HTTP: `http://${local("prometheus:9090")}/api/v1/otlp`,
      OTLP_FILE: join(folder, "otlp.jsonl"),
    },
  }));
  await start("Prometheus", `http://${local("prometheus:9090")}/-/ready`, (folder) => {
    const file = join(folder, "prometheus.yaml");
    const text = repositoryText("deploy/prometheus/config.yaml")
      .replaceAll("/etc/prometheus/alerts", join(repository, "dashboards/alerts"))
      .replaceAll("interval: 15s", "interval: 1s");
    writeFileSync(file, rewritten(text));
    const flags = composeService("prometheus").command ?? [];
    return {
      program: backendProgram("prometheus3", "prometheus"),
      args: [
        ...flags.map((flag) =>
          flag
            .replace("/etc/prometheus/config.yaml", file)
            .replace("=/prometheus", `=${join(folder, "data")}`),
        ),
        `--web.listen-address=${local("prometheus:9090")}`,
      ],
    };
  });
}

async function startEngines(): Promise<void> {
  // Its page answers before its API does: the compose file's own check decides, as it does there.
  const check = (composeService("temporal").healthcheck?.test ?? [])
    .slice(2)
    .map((word) => word.replace("127.0.0.1:7233", local("temporal:7233")));
  const isHealthy = async (): Promise<boolean> =>
    (await runProgram(pinnedTemporal, check)).code === 0;
  await start("Temporal", isHealthy, (folder) => ({
    program: pinnedTemporal,
    args: (composeService("temporal").command ?? []).map((flag) =>
      flag
        .replace("0.0.0.0", "127.0.0.1")
        .replace("=7233", `=${port("temporal:7233")}`)
        .replace("=8233", `=${port("temporal:8233")}`)
        .replace("/data/", `${folder}/`),
    ),
  }));
  const status = `http://${local("step-functions:5556")}/moto-api/config`;
  await start("The Step Functions endpoint", status, () => {
    const [, text = "[]"] =
      /^CMD (\["python".*)$/mu.exec(repositoryText("deploy/Dockerfile")) ?? [];
    const [, ...args]: string[] = parse(text);
    return {
      program: enginePython,
      args: args.map((word) =>
        word.replace("0.0.0.0", "127.0.0.1").replace("5556", String(port("step-functions:5556"))),
      ),
      env: { ...environment("step-functions"), PYTHONPATH: launcherFolder },
    };
  });
}

/** A service of our own image: its working folder there is the repository here. */
function startOwn(service: "saga" | "poller"): Promise<RunningBackend> {
  const metrics: Address = `${service}:9464`;
  return start(`The ${service}`, `http://${local(metrics)}/metrics`, (folder) => ({
    program: process.execPath,
    args: (composeService(service).command ?? [])
      .slice(1)
      .map((word) => word.replace("0.0.0.0", "127.0.0.1").replace("=9464", `=${port(metrics)}`))
      .map((word) => word.replace("/var/lib/durascope", folder))
      .map((word) => (/\.m?[jt]s$/u.test(word) ? join(repository, word) : word)),
    env: {
      ...environment(service),
      METRICS_PORT: String(port(metrics)),
      DURASCOPE_SPOOL_DIR: join(folder, "spool"),
    },
  }));
}

describe.skipIf(missing !== undefined)(
  `the stack on ${withReason("this machine", missing)}`,
  () => {
    beforeAll(async () => {
      ports = await freePorts(addresses.length);
      await Promise.all([startBackends(), startEngines()]);
      await startOwn("saga");
      await startOwn("poller");
    }, startTimeoutMs);

    afterAll(async () => {
      // Who sends stops before who receives.
      for (const server of running.toReversed()) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await server.stop();
      }
    }, startTimeoutMs);

    it.each(["temporal", "aws_step_functions"])(
      "shows runs of %s in Prometheus and in Jaeger, where lookup finds them",
      async (engine) => {
        const query = `sum by (job) (workflow_closed_total{workflow_engine="${engine}"})`;
        const url = `http://${local("prometheus:9090")}/api/v1/query?query=${encodeURIComponent(query)}`;
        const job = engine === "temporal" ? "order-saga" : "durascope-poll";
        await expect
          .poll(async () => ended.join("\n") || (await fetch(url)).text(), {
            timeout: startTimeoutMs,
            interval: 1_000,
          })
          .toContain(`"job":"${job}"`);

        const jaeger = `http://${local("jaeger:16686")}`;
        const tags = encodeURIComponent(JSON.stringify({ "workflow.engine": engine }));
        const search = `${jaeger}/api/traces?service=order-saga&limit=5&tags=${tags}`;
        const foundIds = async (): Promise<readonly string[]> => {
          const text = await (await fetch(search)).text();
          return [...text.matchAll(/"workflow\.id","type":"string","value":"(load-[^"]+)"/gu)].map(
            ([, id = ""]) => id,
          );
        };
        await expect
          .poll(foundIds, { timeout: startTimeoutMs, interval: 1_000 })
          .not.toHaveLength(0);

        const [id = ""] = await foundIds();
        const main = join(repository, "dist/cli/main.mjs");
        const args = [main, "lookup", id, "--backend", "jaeger", "--url", jaeger];
        expect(await runProgram(process.execPath, args)).toMatchObject({
          code: 0,
          stdout: expect.stringContaining(`orderSaga ${id}`),
        });
      },
      2 * startTimeoutMs,
    );
  },
);
