import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sagaRun } from "../../test/support/saga-runs.ts";
import { buildReport } from "./build-report.ts";
import { engineLinks } from "./engine-links.ts";
import type { RunReport } from "./run-report.ts";

const temporal = buildReport(sagaRun("temporal", "approved"));
const execution = buildReport(sagaRun("stepfunctions", "approved"));

const urls = (report: RunReport, targets: Parameters<typeof engineLinks>[1] = {}): string[] =>
  engineLinks(report, targets).map(({ url }) => url);

function arnOf(region: string, account = "210987654321", partition = "aws"): RunReport {
  return {
    ...execution,
    runId: `arn:${partition}:states:${region}:${account}:execution:orderSaga:order-1`,
  };
}

describe("Temporal's UI", () => {
  test("is the local one, Temporal Cloud's for a namespace of the Cloud, or the one that is named", () => {
    const path = `/workflows/order-1002/${temporal.runId}/history`;
    expect(urls(temporal)).toEqual([`http://localhost:8233/namespaces/default${path}`]);
    expect(urls({ ...temporal, namespace: "prod.a1b2c" })).toEqual([
      `https://cloud.temporal.io/namespaces/prod.a1b2c${path}`,
    ]);
    expect(urls(temporal, { temporalUi: "https://me:secret@ui.test/temporal/?x=1#y" })).toEqual([
      `https://ui.test/temporal/namespaces/default${path}`,
    ]);
  });

  test.each(["javascript:alert(1)", "file:///etc/passwd", "nonsense", ""])(
    "has no link when its address is %j",
    (temporalUi) => {
      expect(urls(temporal, { temporalUi, grafana: temporalUi })).toEqual([]);
    },
  );
});

describe("the AWS console", () => {
  test("is that of the region and the partition", () => {
    const arn = arnOf("eu-central-1").runId;
    expect(urls(arnOf("eu-central-1"))).toEqual([
      `https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/${encodeURIComponent(arn)}`,
    ]);
    expect(urls(arnOf("cn-north-1", undefined, "aws-cn"))[0]).toContain(
      "https://cn-north-1.console.amazonaws.cn/",
    );
    expect(urls(arnOf("us-gov-west-1", undefined, "aws-us-gov"))[0]).toContain(
      "https://us-gov-west-1.console.amazonaws-us-gov.com/",
    );
  });

  test("of an Express execution is another page", () => {
    const runId = "arn:aws:states:us-east-1:210987654321:express:orderSaga:order-1:uuid";
    expect(urls({ ...execution, runId })[0]).toContain("#/v2/express-executions/details/");
  });

  test("knows nothing of an endpoint on one's own machine", () => {
    expect(urls(execution)).toEqual([]);
    expect(urls(arnOf("us-east-1", "000000000000"))).toEqual([]);
  });

  test.each([
    "evil.test/",
    "evil.test",
    "us-east-1.evil.test#",
    "user@evil.test",
    "../x",
    "US-EAST-1",
  ])("has no link when the region of the ARN is %j", (region) => {
    expect(urls(arnOf(region))).toEqual([]);
  });
});

test("Grafana's dashboard is linked with the id and the time of the run, where Grafana is named", () => {
  const [link] = engineLinks(temporal, { grafana: "http://localhost:3000/grafana/" });
  const url = new URL(link?.url ?? "");
  expect(url.origin + url.pathname).toBe("http://localhost:3000/grafana/d/durascope-find");
  expect(url.searchParams.get("var-id")).toBe("order-1002");
  expect(Number(url.searchParams.get("from"))).toBeLessThan(temporal.started);
  expect(Number(url.searchParams.get("to"))).toBeGreaterThan(temporal.ended ?? Infinity);
});

test("whatever ids a span holds, a link leads to the host that was named, and is printable ASCII", () => {
  const ids = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "..",
      ".",
      "//evil.test",
      "\\evil.test",
      "?x=1",
      "#x",
      "a\u001b]8;;x\u0007",
      "\ud800",
    ),
  );
  fc.assert(
    fc.property(ids, ids, ids, (workflowId, runId, namespace) => {
      const report = { ...temporal, workflowId, runId, namespace };
      const targets = { temporalUi: "http://ui.test/base", grafana: "http://grafana.test" };
      for (const url of urls(report, targets)) {
        expect(url).toMatch(/^[\u0021-\u007e]+$/);
        expect(["ui.test", "grafana.test"]).toContain(new URL(url).host);
        expect(new URL(url).pathname).toMatch(/^\/(base\/namespaces|d)\//);
      }
    }),
  );
});
