/** The panels that dashboards have again and again, from a few words and PromQL. */
import { OUTCOME_COLOURS } from "./look.ts";
import type { BarsPanel, HeatmapPanel, StatPanel, TimePanel } from "./panel.ts";
import { eventsEachBar, sumBy, top } from "./promql.ts";
import { asOfNow, overTime, type PromQuery } from "./query.ts";
import { LABEL, type LabelName } from "./series.ts";

/** What the reader is told, and how wide it is told. */
interface Words {
  readonly title: string;
  readonly description: string;
  /** Columns, of Grafana's 24. @default 12 */
  readonly width?: number;
}

/** How often something happened, in stacked bars over time; queries are made by {@link eventsBy}. */
export function eventBars(words: Words, ...queries: readonly PromQuery[]): TimePanel {
  return { kind: "time", draw: "bars", width: 12, ...words, unit: "short", queries };
}

/** Events of a bar, a colour for each value of the label; `prefix` tells them from those of the panel's other queries. */
export function eventsBy(label: LabelName, selector: string, prefix = ""): PromQuery {
  return overTime(sumBy([LABEL[label]], eventsEachBar(selector)), `${prefix}${legendOf([label])}`);
}

/** How things ended, in stacked bars over time: each outcome in the colour that it has everywhere. */
export function outcomeBars(
  title: string,
  description: string,
  label: "outcome" | "waitOutcome" | "callOutcome",
  selector: string,
): TimePanel {
  return {
    ...eventBars({ title, description }, eventsBy(label, selector)),
    looks: OUTCOME_COLOURS,
  };
}

/** Lines over time. */
export function lines(
  words: Words & Pick<TimePanel, "links" | "alarm" | "decimals">,
  unit: string,
  ...queries: readonly PromQuery[]
): TimePanel {
  return { kind: "time", draw: "lines", width: 12, ...words, unit, queries };
}

/** How long things took, all of them: the buckets of a histogram over time. */
export function durations(title: string, description: string, buckets: string): HeatmapPanel {
  const promql = sumBy(["le"], eventsEachBar(buckets));
  return {
    kind: "heatmap",
    title,
    description,
    width: 12,
    unit: "s",
    queries: [{ source: "prometheus", promql, shape: "heatmap", legend: "{{le}}" }],
  };
}

/** The ten highest, as bars beside each other. */
export function topTen(
  words: Words & Pick<BarsPanel, "height" | "links">,
  unit: string,
  promql: string,
  legend: string,
): BarsPanel {
  return { kind: "bars", width: 12, ...words, unit, queries: [asOfNow(top(10, promql), legend)] };
}

/** One number that says whether all is well: green, amber or red where it has an alarm. */
export function light(
  words: Words & Pick<StatPanel, "height" | "links" | "alarm">,
  promql: string,
  unit = "short",
): StatPanel {
  return { kind: "stat", width: 4, height: 4, ...words, unit, queries: [asOfNow(promql)] };
}

/** Grafana's legend for series with these labels, e.g. `{{workflow_type}} / {{workflow_step_name}}`. */
export function legendOf(labels: readonly LabelName[]): string {
  return labels.map((label) => `{{${LABEL[label]}}}`).join(" / ");
}

/** Legend of series by workflow type and engine. */
export const TYPE_LEGEND: string = `${legendOf(["type"])} (${legendOf(["engine"])})`;
