/** Every query that the dashboards and alert rules ask, and what Grafana puts in the place of their variables. */
import { alertRules, dashboardFiles, type GrafanaTarget } from "./dashboard-files.ts";

/** The language of a query. */
export type QueryLanguage = "promql" | "traceql" | "logql";

/** A query and where it stands. */
export interface AskedQuery {
  /** E.g. `durascope-overview / Stuck / A`, or the name of an alert. */
  readonly where: string;
  readonly language: QueryLanguage;
  /** With its variables. */
  readonly text: string;
  /** One value for the end of the time range, instead of one for each step. */
  readonly instant: boolean;
}

const LANGUAGES: Readonly<Record<string, QueryLanguage>> = {
  prometheus: "promql",
  tempo: "traceql",
  loki: "logql",
};

/** Queries of all panels of all dashboards. */
export function panelQueries(): AskedQuery[] {
  return [...dashboardFiles().values()].flatMap(({ uid, panels }) =>
    panels.flatMap(({ title, targets }) =>
      (targets ?? []).map((target) => ({
        where: `${uid} / ${title} / ${target.refId}`,
        language: languageOf(target),
        text: target.expr ?? target.query ?? "",
        instant: target.instant ?? false,
      })),
    ),
  );
}

function languageOf(target: GrafanaTarget): QueryLanguage {
  const language = LANGUAGES[target.datasource.type];
  if (language === undefined) throw new Error(`nobody speaks ${target.datasource.type}`);
  return language;
}

/** Expressions of all alert rules. */
export function ruleQueries(): AskedQuery[] {
  return alertRules().map(({ alert, expr }) => ({
    where: alert,
    language: "promql",
    text: expr,
    instant: true,
  }));
}

/** What `label_values(series, label)` of the variables asks for. */
export interface LabelQuery {
  readonly where: string;
  readonly series: string;
  readonly label: string;
}

/** The queries behind the drop-down lists. */
export function labelQueries(): LabelQuery[] {
  return [...dashboardFiles().values()].flatMap(({ uid, templating }) =>
    templating.list
      .filter(({ type }) => type === "query")
      .map(({ name, query }) => {
        const [, series = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(query ?? "") ?? [];
        return { where: `${uid} / $${name}`, series, label };
      }),
  );
}

/** Values of variables: Grafana's own, and those above the dashboards. */
export type VariableValues = Readonly<Record<string, string>>;

/** Everything, over a quarter of an hour in which each second was scraped. */
export const SHORT_RANGE: VariableValues = {
  __range: "900s",
  __interval: "15s",
  __interval_ms: "15000",
  __rate_interval: "16s",
  job: ".*",
  engine: ".*",
  type: ".*",
  window: "5m",
  stuck_after: "3600",
  transition_price: "25",
  action_price: "50",
  id: "order-1001",
  key: "order.id",
};

/** Puts values in, as Grafana does; throws at a variable that has none. */
export function filledIn(text: string, values: VariableValues = SHORT_RANGE): string {
  return text.replaceAll(
    /\$(?:\{(?<braced>\w+)(?::(?<format>\w+))?\}|(?<bare>\w+))/g,
    (_, braced: string | undefined, format: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? "";
      const value = values[name];
      if (value === undefined) throw new Error(`no value for the variable ${name}`);
      return format === "doublequote" ? `"${value.replaceAll('"', String.raw`\"`)}"` : value;
    },
  );
}
