import type { BackendLink, TraceWindow } from "../backend.ts";
import { logqlByTraces } from "./logql.ts";

/** Which Grafana shows Tempo's traces and Loki's log lines; see `TempoBackendOptions`. */
export interface GrafanaOptions {
  readonly grafanaUrl?: string;
  readonly grafanaTempoUid?: string;
  readonly grafanaLokiUid?: string;
  readonly lokiUrl?: string;
}

/** The data sources of the project's own stack (deploy/grafana). */
const TEMPO_UID = "durascope-tempo";
const LOKI_UID = "durascope-loki";
/** Shown before and after the trace, in ms. */
const MARGIN = 5 * 60_000;

/**
 * Links to Grafana's Explore (https://grafana.com/docs/grafana/latest/explore/#generating-explore-urls-from-external-tools): the
 * trace, and its log lines when there is a Loki. None without Grafana, or when its address is no http(s) URL.
 */
export function grafanaLinks(options: GrafanaOptions, trace: TraceWindow): readonly BackendLink[] {
  const { grafanaUrl = "", grafanaTempoUid = TEMPO_UID, grafanaLokiUid = LOKI_UID } = options;
  if (!URL.canParse(grafanaUrl) || !/^https?:/.test(grafanaUrl)) return [];
  const { traceId, start, end } = trace;
  const range =
    start === undefined || end === undefined
      ? undefined
      : { from: String(start - MARGIN), to: String(end + MARGIN) };
  const explore = (uid: string, type: string, query: Readonly<Record<string, string>>): string => {
    const url = new URL("explore", grafanaUrl.endsWith("/") ? grafanaUrl : `${grafanaUrl}/`);
    url.username = url.password = "";
    const queries = [{ refId: "A", datasource: { type, uid }, ...query }];
    url.search = new URLSearchParams({
      schemaVersion: "1",
      // Without a range it is Grafana's own.
      panes: JSON.stringify({ durascope: { datasource: uid, queries, range } }),
    }).toString();
    return url.href;
  };
  const links = [
    {
      title: "Grafana: trace",
      url: explore(grafanaTempoUid, "tempo", { queryType: "traceql", query: traceId }),
    },
  ];
  // Log lines are found by their time, a trace by its id alone.
  if (options.lokiUrl !== undefined && range !== undefined) {
    const expr = logqlByTraces([traceId]);
    links.push({ title: "Grafana: logs", url: explore(grafanaLokiUid, "loki", { expr }) });
  }
  return links;
}
