/** Queries as panels hold them. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { DataqueryBuilder as LokiQuery } from "@grafana/grafana-foundation-sdk/loki";
import {
  DataqueryBuilder as PrometheusQuery,
  PromQueryFormat,
  QueryEditorMode,
} from "@grafana/grafana-foundation-sdk/prometheus";
import {
  MetricsQueryType,
  SearchTableType,
  DataqueryBuilder as TempoQuery,
} from "@grafana/grafana-foundation-sdk/tempo";
import { dataSource } from "./data-source.ts";

/** A query over time, or one for the end of the time range. */
export interface PromQuery {
  readonly source: "prometheus";
  readonly promql: string;
  /** `time`: a value a step; `now`: one value for the whole range; `table`: the same as rows; `heatmap`: buckets over time. */
  readonly shape: "time" | "now" | "table" | "heatmap";
  /** Grafana's legend format, e.g. `{{workflow_type}}`. */
  readonly legend?: string;
}

/** A value for each point of a graph; `legend` names the series. */
export function overTime(promql: string, legend: string): PromQuery {
  return { source: "prometheus", promql, shape: "time", legend };
}

/** One value a series, for the end of the time range. */
export function asOfNow(promql: string, legend?: string): PromQuery {
  const query = { source: "prometheus", promql, shape: "now" } as const;
  return legend === undefined ? query : { ...query, legend };
}

/** A search of traces or spans, or a metric that Tempo computes from spans. */
export interface TraceQuery {
  readonly source: "tempo";
  readonly traceql: string;
  readonly shape: "traces" | "spans" | "metric";
}

/** Log lines. */
export interface LogQuery {
  readonly source: "loki";
  readonly logql: string;
}

/** Any query of a panel. */
export type Query = PromQuery | TraceQuery | LogQuery;

const CAPITAL_A = 65;

/** Grafana's name of a panel's nth query: A, B, C … */
export function letterOf(index: number): string {
  return String.fromCodePoint(CAPITAL_A + index);
}

/** A query in Grafana's own shape; `index` gives its letter. */
export function targetOf(query: Query, index: number): Builder<Dataquery> {
  const refId = letterOf(index);
  if (query.source === "prometheus") return prometheusTarget(query).refId(refId);
  if (query.source === "tempo") return tempoTarget(query).refId(refId);
  return new LokiQuery()
    .datasource(dataSource("loki"))
    .expr(query.logql)
    .queryType("range")
    .refId(refId);
}

const FORMATS: Readonly<Record<PromQuery["shape"], PromQueryFormat>> = {
  time: PromQueryFormat.TimeSeries,
  now: PromQueryFormat.TimeSeries,
  table: PromQueryFormat.Table,
  heatmap: PromQueryFormat.Heatmap,
};

function prometheusTarget(query: PromQuery): PrometheusQuery {
  const target = new PrometheusQuery()
    .datasource(dataSource("prometheus"))
    .expr(query.promql)
    .editorMode(QueryEditorMode.Code)
    .format(FORMATS[query.shape]);
  if (query.legend !== undefined) target.legendFormat(query.legend);
  return query.shape === "now" || query.shape === "table" ? target.instant() : target.range();
}

/** Traces of a search, and spans of each: Tempo's own bounds are 20 and 3. */
const MOST_ROWS = 50;

function tempoTarget(query: TraceQuery): TempoQuery {
  const target = new TempoQuery()
    .datasource(dataSource("tempo"))
    .queryType("traceql")
    .query(query.traceql);
  if (query.shape === "metric") return target.metricsQueryType(MetricsQueryType.Range);
  if (query.shape === "traces") return target.tableType(SearchTableType.Traces).limit(MOST_ROWS);
  return target.tableType(SearchTableType.Spans).limit(MOST_ROWS).spss(MOST_ROWS);
}
