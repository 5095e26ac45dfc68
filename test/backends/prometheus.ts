import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BackendName, backendProgram } from "./installed.ts";
import { isOk, portAt, type RunningBackend, startBackend } from "./server.ts";

/** A real Prometheus. */
export interface RunningPrometheus extends RunningBackend {
  /** Base URL of the HTTP API: `<url>/api/v1/query`. */
  readonly url: string;
  /** Where OTLP/HTTP metrics go in, as JSON or protobuf; undefined when the receiver is off. */
  readonly otlpMetricsUrl?: string;
}

/** Something that Prometheus scrapes. */
export interface ScrapeTarget {
  /** Value of the label `job`. */
  readonly job: string;
  /** `127.0.0.1:9464`, without a scheme. */
  readonly address: string;
  /** @default "/metrics" */
  readonly path?: string;
}

/** Options of {@link startPrometheus}. */
export interface PrometheusOptions {
  /** Which one: Debian's 2.42 (scrapes only) or 3.16. @default "2" */
  readonly release?: "2" | "3";
  /** What to scrape, each second; the first scrape comes within some seconds after the start. */
  readonly scrape?: readonly ScrapeTarget[];
  /** Turns the OTLP receiver on; release 3 alone has one that speaks JSON. @default false */
  readonly otlp?: boolean;
  /** Absolute paths of rule files. */
  readonly rules?: readonly string[];
  /** Further top-level keys of the configuration, such as `otlp` or `storage`. */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

function prometheusBackend(release: "2" | "3"): BackendName {
  return release === "2" ? "prometheus" : "prometheus3";
}

/**
 * Starts Prometheus on a free port of 127.0.0.1, with its data in a folder of its own.
 *
 * Throws when it is not set up: ask `missingBackend("prometheus")` or `missingBackend("prometheus3")` first.
 */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<RunningPrometheus> {
  const release = options.release ?? "2";
  const program = backendProgram(prometheusBackend(release), "prometheus");
  if (options.otlp === true && release === "2") {
    throw new Error("Prometheus 2.42 takes no OTLP: ask for release 3");
  }
  const backend = await startBackend({
    name: `Prometheus ${release}`,
    portCount: 1,
    command(ports, folder) {
      const file = join(folder, "prometheus.json");
      writeFileSync(file, JSON.stringify(configuration(options)));
      return { program, args: flags(portAt(ports, 0), file, folder, options.otlp === true) };
    },
    ask: (ports) => isOk(`http://127.0.0.1:${portAt(ports, 0)}/-/ready`),
  });
  const url = `http://127.0.0.1:${portAt(backend.ports, 0)}`;
  return {
    ...backend,
    url,
    ...(options.otlp === true && { otlpMetricsUrl: `${url}/api/v1/otlp/v1/metrics` }),
  };
}

function flags(port: number, file: string, folder: string, otlp: boolean): readonly string[] {
  return [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn",
    ...(otlp ? ["--web.enable-otlp-receiver"] : []),
  ];
}

/** Prometheus reads YAML, and JSON is YAML. */
function configuration(options: PrometheusOptions): unknown {
  return {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: options.rules ?? [],
    scrape_configs: (options.scrape ?? []).map(({ job, address, path }) => ({
      job_name: job,
      metrics_path: path ?? "/metrics",
      static_configs: [{ targets: [address] }],
    })),
    ...options.configuration,
  };
}
