import { describe, expect, test } from "vitest";
import { startScriptedCollector } from "../../test/doubles/scripted-collector.ts";
import { readableSpan } from "../../test/support/readable-spans.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { datadogExporter, datadogProcessor, datadogTarget } from "./datadog.ts";
import { otlpHttpProcessor } from "./otlp-http.ts";

const folder = temporaryFolder();
const KEY = "0123456789abcdef0123456789abcdef";

describe("the Agent", () => {
  test.each([
    [{}, {}, "http://127.0.0.1:4318/v1/traces"],
    [{}, { DD_AGENT_HOST: "10.1.2.3" }, "http://10.1.2.3:4318/v1/traces"],
    [{}, { DD_TRACE_AGENT_URL: "http://agent:8126" }, "http://agent:4318/v1/traces"],
    [
      {},
      { DD_TRACE_AGENT_URL: "http://agent:8126", DD_AGENT_HOST: "b" },
      "http://agent:4318/v1/traces",
    ],
    [{}, { DD_TRACE_AGENT_URL: "http://[::1]:8126" }, "http://[::1]:4318/v1/traces"],
    [{}, { DD_AGENT_HOST: "::1" }, "http://[::1]:4318/v1/traces"],
    [{}, { DD_AGENT_HOST: "fe80::0001" }, "http://[fe80::1]:4318/v1/traces"],
    [
      {},
      { DD_AGENT_HOST: "Agent.local", DD_TRACE_AGENT_URL: " " },
      "http://agent.local:4318/v1/traces",
    ],
    [{ agentUrl: "http://other:5555" }, { DD_AGENT_HOST: "b" }, "http://other:5555/v1/traces"],
    [{ agentUrl: "https://other" }, {}, "https://other:4318/v1/traces"],
    [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://elsewhere" }, "http://127.0.0.1:4318/v1/traces"],
  ])("%j and %j", (options, environment, url) => {
    expect(datadogTarget(options, environment)).toEqual({
      url,
      headers: {},
      protocol: "http/json",
    });
  });

  test.each(["unix:///var/run/datadog/apm.socket", "agent:8126", "?"])("%s is refused", (named) => {
    expect(() => datadogTarget({}, { DD_TRACE_AGENT_URL: named })).toThrow(
      expect.objectContaining({ code: "DATADOG_AGENT" }),
    );
  });

  test.each(["agent:8126", "a/b", "me@agent", "a b", "http://agent", "a?b", "a#b"])(
    "the host %s is refused, and none put in its place",
    (host) => {
      expect(() => datadogTarget({}, { DD_AGENT_HOST: host })).toThrow(
        expect.objectContaining({ code: "DATADOG_AGENT" }),
      );
    },
  );

  test("gets spans, and no header that is meant for another backend", async () => {
    const agent = await startScriptedCollector();
    const processor = await datadogProcessor({
      agentUrl: agent.origin,
      environment: { OTEL_EXPORTER_OTLP_HEADERS: "api-key=other", DD_API_KEY: KEY },
    });
    processor.onEnd(readableSpan("one"));
    await processor.forceFlush();
    expect(agent.taken()).toEqual(["one"]);
    expect(JSON.stringify(agent.requests[0]?.headers)).not.toMatch(/other|0123456789abcdef/);
    await processor.shutdown();
    await agent.stop();
  });
});

test("what waits in the spool of the environment goes to no other backend", async () => {
  const [agent, collector] = [await startScriptedCollector(), await startScriptedCollector()];
  agent.always({ status: 503 });
  const environment = {
    DURASCOPE_SPOOL_DIR: folder.path("spool"),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
  };
  const toDatadog = { agentUrl: agent.origin, environment, onWarning: () => undefined };
  const first = await datadogProcessor(toDatadog);
  first.onEnd(readableSpan("datadog's"));
  await first.forceFlush();
  await first.shutdown();
  const other = await otlpHttpProcessor({ environment });
  other.onEnd(readableSpan("the collector's"));
  await other.shutdown();
  expect(collector.taken()).toEqual(["the collector's"]);
  agent.always({ status: 200 });
  const second = await datadogProcessor(toDatadog);
  await second.shutdown();
  expect(agent.taken()).toEqual(["datadog's"]);
  await Promise.all([agent.stop(), collector.stop()]);
});

describe("the intake", () => {
  test.each([
    ["datadoghq.com", "https://otlp.datadoghq.com/v1/traces"],
    ["US5.datadoghq.com ", "https://otlp.us5.datadoghq.com/v1/traces"],
    ["datadoghq.eu", "https://otlp.datadoghq.eu/v1/traces"],
    ["ddog-gov.com", "https://otlp.ddog-gov.com/v1/traces"],
  ])("of the site %s", (site, url) => {
    expect(datadogTarget({ to: "intake" }, { DD_SITE: site, DD_API_KEY: KEY })).toEqual({
      url,
      headers: { "dd-api-key": KEY, compute_stats: "true" },
      protocol: "http/protobuf",
    });
  });

  test("without a word it is that of the first site; options come before the environment", () => {
    const environment = { DD_API_KEY: "env", DD_SITE: "datadoghq.eu" };
    expect(datadogTarget({ to: "intake" }, { DD_API_KEY: KEY }).url).toContain(
      "otlp.datadoghq.com",
    );
    expect(
      datadogTarget(
        { to: "intake", site: "us3.datadoghq.com", apiKey: KEY, computeStats: false },
        environment,
      ),
    ).toMatchObject({
      url: "https://otlp.us3.datadoghq.com/v1/traces",
      headers: { "dd-api-key": KEY },
    });
  });

  test.each([
    "evil.com",
    "datadoghq.com.evil.com",
    "evil.com/datadoghq.com",
    "evil.com#.datadoghq.com",
    "user@datadoghq.com",
    "datadoghq.com:444",
    "xdatadoghq.com",
    "a.b1.datadoghq.com",
    "http://datadoghq.com",
    "datadoghq.com\nevil.com",
  ])("a key does not go to %s", async (site) => {
    const attempt = datadogExporter({ to: "intake", site, apiKey: KEY, environment: {} });
    await expect(attempt).rejects.toMatchObject({ code: "DATADOG_SITE" });
    await expect(attempt).rejects.not.toThrow(KEY);
  });

  test("without a key it is refused", () => {
    expect(() => datadogTarget({ to: "intake" }, { DD_API_KEY: " " })).toThrow(
      expect.objectContaining({ code: "DATADOG_API_KEY" }),
    );
  });

  test("a key that HTTP does not allow is refused, and not said", async () => {
    const attempt = datadogExporter({ to: "intake", apiKey: `${KEY}\u0000`, environment: {} });
    await expect(attempt).rejects.toMatchObject({ code: "OTLP_HEADER" });
    await expect(attempt).rejects.not.toThrow(KEY);
  });
});
