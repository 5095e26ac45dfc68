import type { BackendLink } from "../lookup/backend.ts";
import { parseExecutionArn } from "../stepfunctions/arn.ts";
import type { RunReport } from "./run-report.ts";

/** Where the pages of engines and dashboards are. */
export interface LinkTargets {
  /** Base URL of Temporal's own UI. @default Temporal Cloud's for its namespaces, http://localhost:8233 for others */
  readonly temporalUi?: string;
  /** Base URL of a Grafana that has durascope's dashboards; without it there is no link to them. */
  readonly grafana?: string;
}

const LOCAL_TEMPORAL_UI = "http://localhost:8233";
const TEMPORAL_CLOUD = "https://cloud.temporal.io";

/** Names of Cloud namespaces end in the account's id: https://docs.temporal.io/cloud/namespaces#temporal-cloud-namespace-name. */
const CLOUD_NAMESPACE = /^[a-z0-9-]+\.[a-z0-9]{5}$/;

/** Accounts of endpoints on one's own machine, which no console knows. */
const LOCAL_ACCOUNTS: ReadonlySet<string> = new Set(["000000000000", "123456789012"]);

/** uid of the dashboard that shows everything about one id. */
const FIND_DASHBOARD = "durascope-find";

/** Shown before and after a run, ms. */
const MARGIN = 5 * 60_000;

/**
 * Pages about a run beside those of the backend: Grafana's dashboard, Temporal's UI, the AWS console. Ids are encoded, and
 * a base URL that is no http(s) URL gives no link.
 */
export function engineLinks(report: RunReport, targets: LinkTargets): readonly BackendLink[] {
  return [
    ...grafanaLink(report, targets.grafana),
    ...temporalLink(report, targets),
    ...awsLink(report),
  ];
}

function grafanaLink(report: RunReport, base: string | undefined): BackendLink[] {
  const url = base === undefined ? undefined : page(base, ["d", FIND_DASHBOARD]);
  if (url === undefined) return [];
  url.searchParams.set("var-id", report.workflowId.toWellFormed());
  url.searchParams.set("from", String(Math.floor(report.started - MARGIN)));
  if (report.ended !== undefined)
    url.searchParams.set("to", String(Math.ceil(report.ended + MARGIN)));
  return [{ title: "Grafana: dashboard", url: url.href }];
}

function temporalLink(report: RunReport, { temporalUi }: LinkTargets): BackendLink[] {
  if (report.engine !== "temporal" || report.workflowId === "" || report.namespace === "")
    return [];
  const isCloud = CLOUD_NAMESPACE.test(report.namespace);
  const url = page(temporalUi ?? (isCloud ? TEMPORAL_CLOUD : LOCAL_TEMPORAL_UI), [
    "namespaces",
    report.namespace,
    "workflows",
    report.workflowId,
    report.runId,
    "history",
  ]);
  return url === undefined ? [] : [{ title: "Temporal UI", url: url.href }];
}

function awsLink(report: RunReport): BackendLink[] {
  const { engine, runId } = report;
  const arn = engine === "aws_step_functions" ? parseExecutionArn(runId) : undefined;
  if (arn === undefined || LOCAL_ACCOUNTS.has(arn.account)) return [];
  // The region becomes a part of the host's name, and comes from a span that anybody may have sent.
  if (!/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/.test(arn.region)) return [];
  const domain = consoleDomain(runId);
  const kind = runId.includes(":express:") ? "express-executions" : "executions";
  const url = new URL(`https://${arn.region}.${domain}/states/home`);
  url.searchParams.set("region", arn.region);
  url.hash = `/v2/${kind}/details/${encodeURIComponent(runId.toWellFormed())}`;
  return [{ title: "AWS console", url: url.href }];
}

/** The console of a partition: https://docs.aws.amazon.com/general/latest/gr/rande.html. */
function consoleDomain(arn: string): string {
  if (arn.startsWith("arn:aws-cn:")) return "console.amazonaws.cn";
  return arn.startsWith("arn:aws-us-gov:")
    ? "console.amazonaws-us-gov.com"
    : "console.aws.amazon.com";
}

/** A page below a base URL, its credentials left out; undefined when the base is no http(s) URL. */
function page(base: string, segments: readonly string[]): URL | undefined {
  const url = URL.parse(base);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  url.username = url.password = url.search = url.hash = "";
  const path = segments.map((segment) => segmentText(segment)).join("/");
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  return url;
}

/** A text as one segment of a path; `.` and `..` alone would be taken for steps in it. */
function segmentText(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  return /^\.{1,2}$/.test(encoded) ? encoded.replaceAll(".", "%252E") : encoded;
}
