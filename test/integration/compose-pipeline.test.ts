// Claim: what an application sends to the stack's collector arrives: spans in Jaeger, metrics in Prometheus under the
// names that the dashboards ask for, log records at Loki's address, and spans and records in a file that lookup reads.
// Real collector, Jaeger and Prometheus, with the compose file's own configurations.
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { freePorts } from "../../src/engines/free-port.ts";
import { fileBackend } from "../../src/lookup/file/file.ts";
import {
  type CollectorPorts,
  type RunningCollector,
  startCollector,
} from "../backends/collector.ts";
import { missingBackend, withReason } from "../backends/installed.ts";
import { type RunningJaeger, startJaeger } from "../backends/jaeger.ts";
import { type RunningPrometheus, startPrometheus } from "../backends/prometheus.ts";
import { startOtlpReceiver } from "../doubles/otlp-receiver.ts";
import { repository, repositoryText, repositoryYaml } from "../support/stack-files.ts";

vi.setConfig({ testTimeout: 60_000 });

const missing = (["collector", "jaeger", "prometheus3"] as const)
  .map(missingBackend)
  .find((reason) => reason !== undefined);

const traceId = "5b8efff798038103d269b633813fc60c";
const spanId = "eee19b7ec3c1b174";
const now = BigInt(Date.now()) * 1_000_000n;
const resource = {
  attributes: [{ key: "service.name", value: { stringValue: "order-saga" } }],
};
const attributes = [
  { key: "workflow.id", value: { stringValue: "order-4711" } },
  { key: "workflow.run_id", value: { stringValue: "run-1" } },
  { key: "workflow.engine", value: { stringValue: "temporal" } },
  { key: "workflow.type", value: { stringValue: "orderSaga" } },
];

describe.skipIf(missing !== undefined)(`the stack's ${withReason("collector", missing)}`, () => {
  let jaeger: RunningJaeger;
  let prometheus: RunningPrometheus;
  let collector: RunningCollector;
  let loki: { readonly server: Server; readonly port: number; readonly bodies: string[] };

  beforeAll(async () => {
    const { otlp, storage } = repositoryYaml("deploy/prometheus/config.yaml") as Record<
      string,
      unknown
    >;
    [jaeger, prometheus, loki] = await Promise.all([
      startJaeger(),
      startPrometheus({ release: "3", otlp: true, configuration: { otlp, storage } }),
      startIntake(),
    ]);
    // Nothing listens there: a backend that is away must not hold up the others.
    const [nobody = 0] = await freePorts(1);
    collector = await startCollector({
      configuration: join(repository, "deploy/collector/config.yaml"),
      env: (ports, folder) => ({
        OTLP_GRPC_LISTEN: `127.0.0.1:${ports.otlpGrpc}`,
        OTLP_HTTP_LISTEN: `127.0.0.1:${ports.otlpHttp}`,
        HEALTH_LISTEN: `127.0.0.1:${ports.health}`,
        TELEMETRY_HOST: "127.0.0.1",
        TELEMETRY_PORT: String(ports.other),
        JAEGER_OTLP_GRPC: jaeger.otlpGrpcAddress,
        TEMPO_OTLP_GRPC: `127.0.0.1:${nobody}`,
        PROMETHEUS_OTLP_HTTP: `${prometheus.url}/api/v1/otlp`,
        LOKI_OTLP_HTTP: `http://127.0.0.1:${loki.port}/otlp`,
        OTLP_FILE: join(folder, "otlp.jsonl"),
      }),
    });
  });

  afterAll(async () => {
    await Promise.all([collector?.stop(), jaeger?.stop(), prometheus?.stop()]);
    loki?.server.close();
  });

  it("hands spans to Jaeger and to a file that lookup reads, while Tempo is away", async () => {
    await send("traces", {
      resourceSpans: [
        {
          resource,
          scopeSpans: [
            {
              scope: { name: "durascope" },
              spans: [
                {
                  traceId,
                  spanId,
                  name: "orderSaga",
                  kind: 1,
                  startTimeUnixNano: String(now - 5_000_000_000n),
                  endTimeUnixNano: String(now),
                  attributes,
                },
              ],
            },
          ],
        },
      ],
    });
    await expect
      .poll(async () => (await fetch(`${jaeger.queryUrl}/api/v3/traces/${traceId}`)).status, {
        timeout: 20_000,
      })
      .toBe(200);

    const backend = fileBackend(join(collector.folder, "otlp.jsonl"));
    await expect
      .poll(
        async () => {
          const signal = AbortSignal.timeout(5_000);
          return (await backend.search({ id: "order-4711" }, signal)).traceIds;
        },
        { timeout: 20_000 },
      )
      .toEqual([traceId]);
  });

  it("hands metrics to Prometheus, under the name that a scrape gives them too", async () => {
    await send("metrics", {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [
            {
              scope: { name: "durascope" },
              metrics: [
                {
                  name: "workflow.closed",
                  unit: "{run}",
                  sum: {
                    aggregationTemporality: 2,
                    isMonotonic: true,
                    dataPoints: [
                      {
                        startTimeUnixNano: String(now - 60_000_000_000n),
                        timeUnixNano: String(now),
                        asInt: "3",
                        attributes: attributes.slice(2),
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    });
    const query = 'workflow_closed_total{workflow_type="orderSaga",job="order-saga"}';
    await expect
      .poll(
        async () => {
          const url = `${prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`;
          return (await fetch(url)).text();
        },
        { timeout: 20_000 },
      )
      .toMatch(/"workflow_engine":"temporal".*"3"\]/u);
  });

  it("hands log records to Loki's OTLP address", async () => {
    await send("logs", {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: String(now),
                  severityNumber: 9,
                  body: { stringValue: "card charged" },
                  traceId,
                  spanId,
                  attributes: attributes.slice(0, 1),
                },
              ],
            },
          ],
        },
      ],
    });
    await expect.poll(() => loki.bodies.join(), { timeout: 20_000 }).toContain("card charged");
    expect(loki.bodies.join()).toContain("POST /otlp/v1/logs");
  });

  async function send(signal: "traces" | "metrics" | "logs", body: object): Promise<void> {
    const response = await fetch(`${collector.otlpUrl}/v1/${signal}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
  }
});

const missingCollector = missingBackend("collector");
describe.skipIf(missingCollector !== undefined)(
  `docs/sampling.md's ${withReason("collector", missingCollector)}`,
  () => {
    it("keeps every span of a workflow, and a share of the others", async () => {
      const receiver = await startOtlpReceiver();
      const sampling = await startCollector({
        configuration: (ports) => samplingConfiguration(ports, receiver.url),
      });
      const body = {
        resourceSpans: [{ resource, scopeSpans: [{ spans: [...manySpans(0), ...manySpans(1)] }] }],
      };
      await fetch(`${sampling.otlpUrl}/v1/traces`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const kept = (name: string): number =>
        receiver.spans().filter((span) => span.name === name).length;
      await expect.poll(() => kept("workflow"), { timeout: 20_000 }).toBe(manyCount);
      // Of 500 with ten of a hundred kept: fewer than 10 or more than 120 does not happen.
      await expect.poll(() => kept("request"), { timeout: 20_000 }).toBeGreaterThan(10);
      expect(kept("request")).toBeLessThan(120);
      await sampling.stop();
      await receiver.stop();
    });
  },
);

const manyCount = 500;

/** Spans of as many traces: of a workflow, or of something else. */
function manySpans(kind: 0 | 1): object[] {
  return Array.from({ length: manyCount }, (_, index) => ({
    // The sampler looks at the id's last 56 bits: these are spread.
    traceId: createHash("md5").update(`${kind} ${index}`).digest("hex"),
    spanId,
    name: kind === 0 ? "workflow" : "request",
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now),
    attributes: kind === 0 ? attributes : [],
  }));
}

/** The page's configuration with this test's addresses, and with what the launcher and the receiver need. */
function samplingConfiguration(ports: CollectorPorts, url: string): object {
  const page = repositoryText("docs/sampling.md");
  const snippet = /```yaml sampling-collector\n([\s\S]*?)```/u.exec(page)?.[1] ?? "";
  const text = snippet
    .replace("127.0.0.1:4318", `127.0.0.1:${ports.otlpHttp}`)
    .replace("http://127.0.0.1:14318", url);
  const configuration = parse(text);
  return {
    ...configuration,
    exporters: { otlp_http: { ...configuration.exporters.otlp_http, encoding: "json" } },
    extensions: { health_check: { endpoint: `127.0.0.1:${ports.health}` } },
    service: {
      ...configuration.service,
      extensions: ["health_check"],
      telemetry: { metrics: { level: "none" } },
    },
  };
}

/** A server in Loki's place: it takes everything, and keeps it as text (protobuf leaves strings readable). */
async function startIntake(): Promise<{ server: Server; port: number; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      bodies.push(`${request.method} ${request.url}`, plain.toString("latin1"));
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  const [port = 0] = await freePorts(1);
  await new Promise<void>((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
  return { server, port, bodies };
}
