import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { workflowLogger } from "../telemetry/logger.ts";
import { workflowMeter } from "../telemetry/meter.ts";
import { otlpLoggerProvider, otlpMeterProvider } from "./otlp-providers.ts";

const received: { path: string; body: string }[] = [];
let server: Server;

beforeEach(async () => {
  received.length = 0;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const isZipped = request.headers["content-encoding"] === "gzip";
      const body = (isZipped ? gunzipSync(bytes) : bytes).toString("utf8");
      received.push({ path: request.url ?? "", body });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${port}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
  server.closeAllConnections();
});

describe("providers over OTLP", () => {
  it("send log lines, the rest at the latest when they are shut down", async () => {
    const logs = await otlpLoggerProvider({ serviceName: "orderSaga" });
    workflowLogger({ loggerProvider: logs.provider, environment: {} }).emit([
      {
        name: "workflow.run.started",
        time: 1,
        severity: "INFO",
        body: "orderSaga started",
        attributes: { "workflow.id": "order-1" },
        traceId: "1".repeat(32),
        spanId: "2".repeat(16),
        key: "run",
      },
    ]);
    await logs.shutdown();
    expect(received.map(({ path }) => path)).toEqual(["/v1/logs"]);
    for (const word of ["orderSaga started", "workflow.run.started", "1".repeat(32), "order-1"])
      expect(received[0]?.body).toContain(word);
  });

  it("send metrics under their own names", async () => {
    const metrics = await otlpMeterProvider({
      environment: { OTEL_METRIC_EXPORT_INTERVAL: "3600000" },
    });
    const labels = { "workflow.type": "orderSaga" };
    workflowMeter({ meterProvider: metrics.provider, environment: {} }).record([
      { instrument: "duration", value: 3, labels },
    ]);
    await metrics.shutdown();
    expect(received.map(({ path }) => path)).toEqual(["/v1/metrics"]);
    expect(received[0]?.body).toContain('"workflow.duration"');
    expect(received[0]?.body).not.toContain("workflow.duration.seconds");
  });
});
