/** Prometheus' HTTP API, as far as dashboards use it. */

/** One series of an answer: a value for an instant, values for a range. */
export interface AnsweredSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [time: number, value: string];
  readonly values?: readonly (readonly [time: number, value: string])[];
}

/** Seconds since the epoch, and how far apart the points of a graph are, in seconds. */
export interface GraphRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** What a query gives now, or over a range; rejects with Prometheus' own words when it is wrong. */
export async function answerOf(
  url: string,
  promql: string,
  range?: GraphRange,
): Promise<readonly AnsweredSeries[]> {
  const data =
    range === undefined
      ? await ask<{ result: AnsweredSeries[] }>(url, "query", { query: promql })
      : await ask<{ result: AnsweredSeries[] }>(url, "query_range", {
          query: promql,
          start: `${range.start}`,
          end: `${range.end}`,
          step: `${range.step}`,
        });
  return data.result;
}

/** The query in Prometheus' own layout: it finds wrong numbers and kinds of arguments that the grammar lets pass. */
export function formatted(url: string, promql: string): Promise<string> {
  return ask<string>(url, "format_query", { query: promql });
}

/** Values of a label among the series of a selector. */
export function labelValues(url: string, label: string, selector: string): Promise<string[]> {
  return ask<string[]>(url, `label/${label}/values`, { "match[]": selector });
}

/** A rule as a running Prometheus evaluates it. */
export interface EvaluatedRule {
  readonly name: string;
  /** `ok`, `err`, or `unknown` before the first evaluation. */
  readonly health: string;
  readonly lastError?: string;
}

/** All rules that a Prometheus has loaded. */
export async function evaluatedRules(url: string): Promise<EvaluatedRule[]> {
  const { groups } = await ask<{ groups: { rules: EvaluatedRule[] }[] }>(url, "rules", {});
  return groups.flatMap(({ rules }) => rules);
}

async function ask<Data>(
  url: string,
  path: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Data> {
  const response = await fetch(
    `${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`,
  );
  const answer: { status: string; error?: string; data: Data } = JSON.parse(await response.text());
  if (answer.status !== "success") throw new Error(`${answer.error}: ${parameters["query"]}`);
  return answer.data;
}
