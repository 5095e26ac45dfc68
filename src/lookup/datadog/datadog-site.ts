import { DurascopeError } from "../../core/errors.ts";
import { datadogSiteName } from "../../telemetry/datadog-site.ts";
import type { BackendLink, TraceWindow } from "../backend.ts";
import { datadogByTraces } from "./datadog-query.ts";

/** Where one of Datadog's sites is. */
export interface DatadogSite {
  /** `https://api.datadoghq.com`: the only place that keys are sent to. */
  readonly apiUrl: string;
  /** `https://app.datadoghq.com`. */
  readonly appUrl: string;
}

/**
 * A site by its name, `datadoghq.eu`. Throws `LOOKUP_DATADOG_SITE` when it is none of Datadog's: keys are sent to it.
 */
export function datadogSite(name: string): DatadogSite {
  const site = datadogSiteName(name);
  if (site === undefined) {
    throw new DurascopeError(
      "LOOKUP_DATADOG_SITE",
      "DD_SITE is none of Datadog's sites, and keys are sent to no other host. Set it to yours, such as datadoghq.com, datadoghq.eu or us5.datadoghq.com.",
    );
  }
  const isOwnHost = site.split(".").length > 2;
  return { apiUrl: `https://api.${site}`, appUrl: `https://${isOwnHost ? site : `app.${site}`}` };
}

/** The address of a server that stands in for Datadog in tests. Throws `LOOKUP_DATADOG_SITE` when it is not on this machine. */
export function loopbackUrl(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  if (/^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(host)) return url;
  throw new DurascopeError(
    "LOOKUP_DATADOG_SITE",
    "DURASCOPE_DATADOG_URL is not on this machine, and keys are sent to no other host but Datadog's. Leave it out, and set DD_SITE.",
  );
}

/** Shown before and after the trace, in ms. */
const MARGIN = 5 * 60_000;
/** Most links to services. */
const MOST_SERVICES = 3;

/** Datadog's pages of a trace: the trace, its log lines, its services. */
export function datadogLinks({ appUrl }: DatadogSite, trace: TraceWindow): readonly BackendLink[] {
  const own = { title: "Datadog: trace", url: `${appUrl}/apm/trace/${trace.traceId}` };
  if (trace.start === undefined || trace.end === undefined) return [own];
  const from = String(Math.floor(trace.start - MARGIN));
  const to = String(Math.ceil(trace.end + MARGIN));
  const page = (path: string, query: Readonly<Record<string, string>>): string =>
    `${appUrl}/${path}?${new URLSearchParams(query).toString()}`;
  const logs = { query: datadogByTraces([trace.traceId], "logs"), from_ts: from, to_ts: to };
  return [
    own,
    { title: "Datadog: logs", url: page("logs", { ...logs, live: "false" }) },
    ...trace.services.slice(0, MOST_SERVICES).map((service) => ({
      title: `Datadog: service ${service}`,
      url: page(`apm/services/${encodeURIComponent(service)}`, { start: from, end: to }),
    })),
  ];
}
