// Claim: the compose file and the configurations that it mounts agree: every file is there, every address names a service
// and a port that it listens on, every reference among Grafana's files has its target. No program is needed for this.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import { LOCAL_ACCOUNT } from "../../examples/order-saga/stepfunctions/synth.ts";
import { INSTRUMENTS, prometheusLabel, prometheusName } from "../../src/core/instruments.ts";
import { dashboardFiles } from "../support/dashboard-files.ts";
import {
  type ComposeService,
  composeService,
  isPath,
  mountOf,
  readCompose,
  repository,
  repositoryText,
  repositoryYaml,
} from "../support/stack-files.ts";

const compose = readCompose();
const services = Object.entries(compose.services);

/** A service that ends when its work is done. */
const oneShot = "volume-owners";

/** Their images hold nothing that could ask: the compose file says so beside them. */
const withoutHealthCheck = new Set([oneShot, "collector"]);

function mounts(service: ComposeService): ReturnType<typeof mountOf>[] {
  return (service.volumes ?? []).map(mountOf);
}

describe.each(services)("the service %s", (name, service) => {
  it("has an image of an exact version", () => {
    expect(service.image).toMatch(/:(v?\d+\.\d+\.\d+|local)$/u);
    // What is called local is built here, by one service, and pulled from nowhere.
    const builders = services.filter(
      ([, other]) => other.image === service.image && other.build !== undefined,
    );
    expect(builders).toHaveLength(service.image.endsWith(":local") ? 1 : 0);
  });

  it("belongs to a profile, is started again, and has limits", () => {
    expect(service.profiles.length).toBeGreaterThan(0);
    expect(service.restart).toBe(name === oneShot ? "no" : "unless-stopped");
    expect(Number(service.deploy.resources.limits.cpus)).toBeGreaterThan(0);
    expect(service.deploy.resources.limits.memory).toMatch(/^\d+[MG]$/u);
  });

  it("publishes its ports on the loopback address alone", () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/u);
  });

  it("is asked for its health on a port that it listens on", () => {
    const test = (service.healthcheck?.test ?? []).join(" ");
    expect(test === "").toBe(withoutHealthCheck.has(name));
    const ports = [...test.matchAll(/127\.0\.0\.1:(\d+)/gu)].map(([, port]) => Number(port));
    const own = listening(name);
    expect(ports.filter((port) => !own.includes(port))).toEqual([]);
  });

  it("mounts files that are there, and volumes that are declared", () => {
    const sources = mounts(service).map(({ source }) => source);
    const absent = sources.filter((source) =>
      isPath(source) ? !existsSync(join(repository, source)) : !(source in compose.volumes),
    );
    expect(absent).toEqual([]);
  });

  it("waits only for services that run with it, and for health that is asked for", () => {
    const dependencies = Object.entries(service.depends_on ?? {});
    for (const [dependency, { required = true, condition }] of dependencies) {
      const other = composeService(dependency);
      const alone = service.profiles.filter((profile) => !other.profiles.includes(profile));
      expect([dependency, required ? alone : []]).toEqual([dependency, []]);
      expect(condition === "service_healthy" && other.healthcheck === undefined).toBe(false);
    }
  });
});

describe("the compose file", () => {
  it("publishes no port twice, and declares no volume that nobody mounts", () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(new Set(ports).size).toBe(ports.length);
    const used = new Set(services.flatMap(([, service]) => mounts(service).map((m) => m.source)));
    for (const volume of Object.keys(compose.volumes)) expect(used).toContain(volume);
  });

  it("holds no secret: what looks like one is a name that the engines take, or comes from the environment", () => {
    const values = services.flatMap(([, service]) => Object.entries(service.environment ?? {}));
    const secrets = values.filter(([key]) => /KEY|SECRET|TOKEN|PASSWORD/u.test(key));
    expect(secrets.length).toBeGreaterThan(0);
    for (const [key, value] of secrets) {
      expect([key, value === "local" || /^\$\{\w+:-\}$/u.test(value)]).toEqual([key, true]);
    }
  });

  it("names only hosts that are services, at ports that they listen on", () => {
    const texts = new Map([["docker-compose.otel.yml", repositoryText("docker-compose.otel.yml")]]);
    for (const path of configurations()) texts.set(path, repositoryText(path));
    let addresses = 0;
    for (const [path, text] of texts) {
      for (const [address, host = "", port = ""] of addressesIn(text)) {
        addresses += 1;
        const answers = listening(host).includes(Number(port));
        expect([path, address, answers]).toEqual([path, address, true]);
      }
    }
    expect(addresses).toBeGreaterThan(15);
  });

  it("gives the volumes to the users that their services run as", () => {
    const script = composeService(oneShot).command?.at(-1) ?? "";
    const owners = new Map(
      [...script.matchAll(/chown (\S+)((?: \/\w+)+)/gu)].flatMap(([, owner, folders = ""]) =>
        folders
          .trim()
          .split(" ")
          .map((path) => [path, owner] as const),
      ),
    );
    const volumes = mounts(composeService(oneShot));
    expect(owners.size).toBe(volumes.length);
    for (const { source, target } of volumes) {
      const user = services.find(
        ([name, service]) =>
          name !== oneShot && mounts(service).some((mount) => mount.source === source),
      )?.[1].user;
      expect([source, owners.get(target)]).toEqual([source, user]);
    }
  });
});

describe("the poller", () => {
  it("is told of the saga what the saga's own code says", () => {
    const { account, region } = LOCAL_ACCOUNT;
    const { compensates, waits } = sagaOptions;
    const command = composeService("poller").command ?? [];
    expect(command).toEqual(
      expect.arrayContaining([
        `--state-machine-arn=arn:aws:states:${region}:${account}:stateMachine:orderSaga`,
        ...Object.entries(compensates).map(
          ([step, undone]) => `--compensates=${step}=${undone.join(",")}`,
        ),
        ...Object.entries(waits).map(([step, name]) => `--waits=${step}=${name}`),
      ]),
    );
    expect(composeService("poller").environment?.["AWS_REGION"]).toBe(region);
  });
});

describe("what the poller keeps", () => {
  it("lies on a volume", () => {
    const { command = [], environment = {}, volumes = [] } = composeService("poller");
    expect(volumes).toEqual(["poller-data:/var/lib/durascope"]);
    expect(command).toContain("--checkpoints=/var/lib/durascope/checkpoints");
    expect(environment["DURASCOPE_SPOOL_DIR"]).toBe("/var/lib/durascope/spool");
  });
});

describe("the collector's and Jaeger's configurations", () => {
  it("write their files where a volume is mounted", () => {
    const targets = mounts(composeService("collector")).map(({ target }) => target);
    const path = /OTLP_FILE:-([^}]+)\}/u.exec(repositoryText("deploy/collector/config.yaml"))?.[1];
    expect(targets.some((target) => path?.startsWith(`${target}/`))).toBe(true);
  });

  it("are overlaid for Datadog without losing an exporter", () => {
    const base = collectorFile("config").service.pipelines;
    const overlay = collectorFile("datadog");
    for (const [signal, { exporters }] of Object.entries(base)) {
      expect(overlay.service.pipelines[signal]?.exporters).toEqual([
        ...exporters,
        "otlp_grpc/datadog",
      ]);
    }
  });
});

describe("Jaeger's link patterns", () => {
  it("lead to ports of this machine that the stack publishes", () => {
    const published = services.flatMap(([, service]) => service.ports ?? []);
    const text = repositoryText("dashboards/jaeger-ui.json");
    const ports = [...text.matchAll(/http:\/\/localhost:(\d+)/gu)].map(([, port]) => port);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(published).toContain(`127.0.0.1:${port}:${port}`);
  });
});

describe("Prometheus", () => {
  it("loads every rule file, and none of their tests", () => {
    const { rule_files: files } = readPrometheus();
    const rules = readdirSync(join(repository, "dashboards/alerts"))
      .filter((name) => name.endsWith(".yaml") && !name.endsWith(".test.yaml"))
      .toSorted();
    expect(files).toEqual(rules.map((name) => `/etc/prometheus/alerts/${name}`));
    expect(mounts(composeService("prometheus"))).toContainEqual({
      source: "./dashboards/alerts",
      target: "/etc/prometheus/alerts",
    });
  });
});

describe("Loki", () => {
  it("takes and finds at once lines as old as it keeps, although newer ones of their stream came before", () => {
    const { limits_config: limits, ingester } = readLoki();
    expect(limits.reject_old_samples_max_age).toBe(limits.retention_period);
    // By default Loki refuses what is over an hour behind its stream, and asks the ingester about the last hours alone.
    expect(limits.shard_streams.time_sharding_enabled).toBe(true);
    expect(ingester.query_store_max_look_back_period).toBe(-1);
  });
});

describe("Grafana", () => {
  const { datasources } = dataSources();
  const uids = datasources.map(({ uid }) => uid);

  it("gets data sources with fixed uids, whose ways to each other have their targets", () => {
    expect(new Set(uids).size).toBe(uids.length);
    const text = repositoryText("deploy/grafana/datasources/durascope.yaml");
    const references = [...text.matchAll(/datasourceUid: ([\w-]+)/gu)].map(([, uid]) => uid);
    expect(references.length).toBeGreaterThanOrEqual(4);
    for (const uid of references) expect(uids).toContain(uid);
  });

  it("has a data source for every kind that the dashboards choose from", () => {
    const types = new Set(datasources.map(({ type }) => type));
    for (const [file, dashboard] of dashboardFiles()) {
      const wanted = dashboard.templating.list
        .filter(({ type }) => type === "datasource")
        .map(({ query }) => query);
      expect([file, wanted.filter((type) => !types.has(type ?? ""))]).toEqual([file, []]);
    }
  });

  it("asks for metrics and labels that durascope has, on the way from a trace to them", () => {
    const text = repositoryText("deploy/grafana/datasources/durascope.yaml");
    const names = Object.values(INSTRUMENTS).map(prometheusName);
    const asked = [...text.matchAll(/\b(?:workflow|durascope)_\w+(?=\{)/gu)].map(([name]) =>
      name.replace(/_(?:bucket|sum|count)$/u, ""),
    );
    expect(asked.length).toBeGreaterThan(0);
    for (const name of asked) expect(names).toContain(name);
    for (const [, key = "", value] of text.matchAll(/\{ key: (workflow[\w.]+), value: (\w+) \}/gu))
      expect(value).toBe(prometheusLabel(key));
  });

  it("shows every dashboard of the repository, and begins with one of them", () => {
    const folder = dashboardProviders().providers[0]?.options.path ?? "";
    const shown = mounts(composeService("grafana"))
      .filter(({ target }) => target.startsWith(`${folder}/`))
      .map(({ source, target }) => `${source}:${target}`);
    const files = [...dashboardFiles().keys()].toSorted();
    expect(shown.toSorted()).toEqual(files.map((file) => `./dashboards/${file}:${folder}/${file}`));
    const home =
      composeService("grafana").environment?.["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] ?? "";
    expect(files.map((file) => `${folder}/${file}`)).toContain(home);
  });
});

interface CollectorFile {
  readonly service: { readonly pipelines: Record<string, { readonly exporters: string[] }> };
}

interface DataSource {
  readonly uid: string;
  readonly type: string;
}

function collectorFile(name: "config" | "datadog"): CollectorFile {
  return repositoryYaml(`deploy/collector/${name}.yaml`) as CollectorFile;
}

function readPrometheus(): { readonly rule_files: readonly string[] } {
  return repositoryYaml("deploy/prometheus/config.yaml") as { rule_files: string[] };
}

function readLoki(): {
  readonly limits_config: {
    readonly reject_old_samples_max_age: string;
    readonly retention_period: string;
    readonly shard_streams: { readonly time_sharding_enabled: boolean };
  };
  readonly ingester: { readonly query_store_max_look_back_period: number };
} {
  return repositoryYaml("deploy/loki/config.yaml") as ReturnType<typeof readLoki>;
}

function dataSources(): { readonly datasources: readonly DataSource[] } {
  return repositoryYaml("deploy/grafana/datasources/durascope.yaml") as {
    datasources: DataSource[];
  };
}

function dashboardProviders(): {
  readonly providers: readonly { readonly options: { readonly path: string } }[];
} {
  return repositoryYaml("deploy/grafana/dashboards/durascope.yaml") as {
    providers: { options: { path: string } }[];
  };
}

/** Every configuration that a service mounts, as paths in the repository. */
function configurations(): string[] {
  return readdirSync(join(repository, "deploy"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".yaml"))
    .map((entry) => join(entry.parentPath, entry.name).slice(repository.length));
}

/** What looks like `host:port`, but for loopback, all interfaces and images. */
function addressesIn(text: string): RegExpMatchArray[] {
  const code = text.replaceAll(/^\s*#.*$/gmu, "").replaceAll(/^\s*image: .*$/gmu, "");
  return [...code.matchAll(/(?<![\w.])([a-z][a-z-]+):(\d{4,5})(?!\d|:\d)/gu)].filter(
    ([, host]) => host !== "localhost",
  );
}

/** The ports that a service listens on, by its own configuration. */
function listening(name: string): number[] {
  const own: Readonly<Record<string, () => number[]>> = {
    collector: () => portsIn(repositoryText("deploy/collector/config.yaml")),
    jaeger: () => portsIn(repositoryText("deploy/jaeger/config.yaml")),
    tempo: () => portsIn(repositoryText("deploy/tempo/config.yaml")),
    loki: () => portsIn(repositoryText("deploy/loki/config.yaml")),
    // Its default; no flag changes it.
    prometheus: () => [9090],
    grafana: () => [3000],
    temporal: () => portsIn((composeService("temporal").command ?? []).join("\n")),
    "step-functions": () => portsIn(repositoryText("deploy/Dockerfile")),
    saga: () => [
      ...portsIn(environmentOf("saga", "SFN_LAMBDA_ENDPOINT")),
      Number(environmentOf("saga", "METRICS_PORT")),
    ],
    poller: () => portsIn((composeService("poller").command ?? []).join("\n")),
    "datadog-agent": () =>
      portsIn(environmentOf("datadog-agent", "DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_GRPC_ENDPOINT")),
  };
  return own[name]?.() ?? [];
}

function environmentOf(service: string, variable: string): string {
  return composeService(service).environment?.[variable] ?? "";
}

/** Ports that a text says are listened on: `0.0.0.0:1234`, `_PORT:-1234`, `port: 1234`, `--port=1234`, `"--port", "1234"`. */
function portsIn(text: string): number[] {
  const forms =
    /(?:0\.0\.0\.0:|_PORT:-|http_listen_port: |--(?:ui-|metrics-)?port=|"--port", "|\/\/saga:)(\d{4,5})/gu;
  return [...text.matchAll(forms)].map(([, port]) => Number(port));
}
