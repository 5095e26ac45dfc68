import { once } from "node:events";
import { createServer, Server } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { workflowMeter } from "../telemetry/meter.ts";
import { type PrometheusEndpoint, prometheusEndpoint } from "./prometheus-endpoint.ts";

const open: PrometheusEndpoint[] = [];

async function endpoint(
  options: Parameters<typeof prometheusEndpoint>[0] = {},
): Promise<PrometheusEndpoint> {
  const page = await prometheusEndpoint({ port: 0, environment: {}, ...options });
  open.push(page);
  return page;
}

afterEach(async () => {
  for (const page of open.splice(0)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await page.shutdown();
  }
});

const labels = { "workflow.engine": "temporal", "workflow.type": "saga" };

describe("a page of metrics", () => {
  it("is served on this machine alone, under the names that OTLP into Prometheus has too", async () => {
    const { url, meterProvider } = await endpoint();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const meter = workflowMeter({ meterProvider, environment: {} }, () => [
      { instrument: "openAgeMax", value: 3, labels },
      { instrument: "open", value: 2, labels },
    ]);
    meter.record([
      { instrument: "started", value: 1, labels },
      { instrument: "duration", value: 90, labels: { ...labels, "workflow.outcome": "failed" } },
    ]);
    const text = await (await fetch(url)).text();
    const own = 'workflow_engine="temporal",workflow_type="saga"';
    expect(text).toContain(`workflow_started_total{${own},`);
    expect(text).toContain(`workflow_open_age_max_seconds{${own},`);
    expect(text).toContain(`workflow_open{${own},`);
    expect(text).toMatch(
      /workflow_duration_seconds_bucket\{.*workflow_outcome="failed".*le="60"\} 0/,
    );
    expect(text).toMatch(/workflow_duration_seconds_bucket\{.*le="300"\} 1/);
    expect(text).toContain('target_info{service_name="durascope"');
    expect((await fetch(new URL("/other", url))).status).toBe(404);
  });

  it("has the resource of the environment", async () => {
    const { url } = await endpoint({
      serviceName: "orderSaga",
      environment: { OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test" },
    });
    const text = await (await fetch(url)).text();
    expect(text).toContain('service_name="orderSaga"');
    expect(text).toContain('deployment_environment_name="test"');
  });

  it("says which port it cannot listen on", async () => {
    const other = createServer();
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    await expect(prometheusEndpoint({ port })).rejects.toMatchObject({
      code: "PROMETHEUS_PORT",
      message: expect.stringContaining(`127.0.0.1:${port} (EADDRINUSE)`),
    });
    other.close();
  });

  it("survives connections that cannot be taken", async () => {
    const listening = vi.spyOn(Server.prototype, "listen");
    const { url } = await endpoint();
    const [server] = listening.mock.contexts;
    listening.mockRestore();
    if (!(server instanceof Server)) throw new Error("nothing listens");
    for (let i = 0; i < 3; i += 1)
      expect(server.emit("error", Object.assign(new Error("accept"), { code: "EMFILE" }))).toBe(
        true,
      );
    expect((await fetch(url)).status).toBe(200);
  });

  it("stops though somebody is in the middle of a request", async () => {
    const page = await endpoint();
    const socket = connect(Number(new URL(page.url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.on("error", () => undefined).write("GET /metrics HTTP/1.1\r\nhost: ");
    // Answered after the connection above was taken.
    await fetch(page.url);
    await expect(page.shutdown()).resolves.toBeUndefined();
    socket.destroy();
  });

  it("stops to listen, however often it is told to", async () => {
    const page = await endpoint();
    await page.shutdown();
    await page.shutdown();
    await expect(fetch(page.url)).rejects.toThrow("fetch failed");
  });
});
