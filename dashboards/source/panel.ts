/** Panels as data, and how they become Grafana's. */
import { PanelBuilder as BarGauge } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  type DataSourceRef,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LogsSortOrder,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type DashboardLink,
  DashboardLinkBuilder,
  type DataTransformerConfig,
  type DynamicConfigValue,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import {
  PanelBuilder as Heatmap,
  YAxisConfigBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap";
import { PanelBuilder as Logs } from "@grafana/grafana-foundation-sdk/logs";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as Table } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as Text, TextMode } from "@grafana/grafana-foundation-sdk/text";
import { PanelBuilder as TimeSeries } from "@grafana/grafana-foundation-sdk/timeseries";
import { type DataSourceKind, dataSource } from "./data-source.ts";
import { type Query, targetOf } from "./query.ts";

/** What all panels have. */
interface PanelBase {
  readonly title: string;
  /** What it shows, and what it means when it is not as it should be. */
  readonly description: string;
  /** Columns, of Grafana's 24. */
  readonly width: number;
  /** Rows of 30 pixels. @default 8 */
  readonly height?: number;
}

/** What all panels with queries have. */
interface QueryPanel extends PanelBase {
  /** All of one data source. */
  readonly queries: readonly Query[];
  /** Grafana's id of a unit, e.g. `s`, `short`, `percentunit`. */
  readonly unit: string;
  /** @default 0 for counts, else Grafana's own choice */
  readonly decimals?: number;
  /** From which values on it is amber and red; none: no colour says good or bad. */
  readonly alarm?: Alarm;
  /** Where a click on a value leads. */
  readonly links?: readonly PanelLink[];
  /** How single series or columns look. */
  readonly looks?: readonly Look[];
}

/** Values from which on something is amber or red. */
export interface Alarm {
  readonly amber?: number;
  readonly red?: number;
}

/** A link of a value; `url` may hold Grafana's variables, e.g. `${__field.labels.workflow_type}`. */
export interface PanelLink {
  readonly title: string;
  readonly url: string;
}

/** How the series or column of a name looks. */
export interface Look {
  readonly name: string;
  readonly properties: readonly DynamicConfigValue[];
}

/** One number. */
export type StatPanel = QueryPanel & { readonly kind: "stat" };

/** Lines, or stacked bars for what is counted. */
export type TimePanel = QueryPanel & {
  readonly kind: "time";
  readonly draw: "lines" | "bars";
};

/** Rows of numbers; what `transformations` make of the queries' answers. */
export type TablePanel = QueryPanel & {
  readonly kind: "table";
  readonly transformations: readonly DataTransformerConfig[];
};

/** How values spread over time: a histogram's buckets. */
export type HeatmapPanel = QueryPanel & { readonly kind: "heatmap" };

/** Bars beside each other: stages of a funnel, types, steps. */
export type BarsPanel = QueryPanel & { readonly kind: "bars" };

/** Log lines. */
export type LogsPanel = PanelBase & {
  readonly kind: "logs";
  readonly queries: readonly Query[];
};

/** Words in Markdown. */
export type TextPanel = PanelBase & { readonly kind: "text"; readonly markdown: string };

/** Any panel of the dashboards. */
export type PanelSpec =
  | StatPanel
  | TimePanel
  | TablePanel
  | HeatmapPanel
  | BarsPanel
  | LogsPanel
  | TextPanel;

/** A panel in Grafana's own shape; position and id are the dashboard's to give. */
export function panelOf(spec: PanelSpec): Builder<Panel> {
  if (spec.kind === "stat") return statPanel(spec);
  if (spec.kind === "time") return timePanel(spec);
  if (spec.kind === "table") return tablePanel(spec);
  if (spec.kind === "heatmap") return heatmapPanel(spec);
  if (spec.kind === "bars") return barsPanel(spec);
  if (spec.kind === "logs") return logsPanel(spec);
  return placed(new Text(), spec).mode(TextMode.Markdown).content(spec.markdown);
}

function statPanel(spec: StatPanel): Builder<Panel> {
  return measured(new Stat(), spec)
    .colorMode(spec.alarm === undefined ? BigValueColorMode.None : BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
}

function tablePanel(spec: TablePanel): Builder<Panel> {
  return measured(new Table(), spec)
    .transformations([...spec.transformations])
    .filterable(true);
}

function heatmapPanel(spec: HeatmapPanel): Builder<Panel> {
  return measured(new Heatmap(), spec)
    .calculate(false)
    .interval(BAR)
    .yAxis(new YAxisConfigBuilder().unit(spec.unit))
    .cellGap(1)
    .hideLegend();
}

function barsPanel(spec: BarsPanel): Builder<Panel> {
  return measured(new BarGauge(), spec, "blue")
    .displayMode(BarGaugeDisplayMode.Gradient)
    .orientation(VizOrientation.Horizontal)
    .min(0)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
}

function logsPanel(spec: LogsPanel): Builder<Panel> {
  return queried(new Logs(), spec)
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Ascending);
}

/** Narrowest bar: several scrapes fit in, else an increase could not be told. */
const BAR = "5m";

function timePanel(spec: TimePanel): Builder<Panel> {
  const panel = measured(new TimeSeries(), spec)
    .min(0)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(spec.draw === "bars" ? ["sum"] : ["lastNotNull"]),
    )
    .tooltip(allSeriesTooltip())
    .showPoints(VisibilityMode.Auto);
  if (spec.alarm !== undefined) {
    panel.thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Line),
    );
  }
  return spec.draw === "lines"
    ? panel.drawStyle(GraphDrawStyle.Line).lineWidth(1).fillOpacity(10).spanNulls(false)
    : panel
        .interval(BAR)
        .drawStyle(GraphDrawStyle.Bars)
        .lineWidth(0)
        .fillOpacity(80)
        .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
}

function allSeriesTooltip(): VizTooltipOptionsBuilder {
  const tooltip = new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi);
  // oxlint-disable-next-line unicorn/no-array-sort -- a setting of the builder, no array
  return tooltip.sort(SortOrder.Descending);
}

/** The methods that all of the SDK's panel builders share; the SDK itself has no name for them. */
interface AnyBuilder {
  title(title: string): this;
  description(description: string): this;
  height(rows: number): this;
  span(columns: number): this;
  datasource(source: DataSourceRef): this;
  withTarget(target: Builder<Dataquery>): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  thresholds(thresholds: ThresholdsConfigBuilder): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
  overrideByName(name: string, properties: DynamicConfigValue[]): this;
}

function placed<AnyPanel extends AnyBuilder>(panel: AnyPanel, spec: PanelBase): AnyPanel {
  return panel
    .title(spec.title)
    .description(spec.description)
    .span(spec.width)
    .height(spec.height ?? 8);
}

function queried<AnyPanel extends AnyBuilder>(
  panel: AnyPanel,
  spec: PanelBase & Pick<QueryPanel, "queries">,
): AnyPanel {
  placed(panel, spec).datasource(dataSource(sourceOf(spec)));
  for (const [index, query] of spec.queries.entries()) panel.withTarget(targetOf(query, index));
  return panel;
}

function measured<AnyPanel extends AnyBuilder>(
  panel: AnyPanel,
  spec: QueryPanel,
  calm = "text",
): AnyPanel {
  queried(panel, spec).unit(spec.unit).thresholds(thresholdsOf(spec.alarm, calm));
  const decimals = spec.decimals ?? (spec.unit === "short" ? 0 : undefined);
  if (decimals !== undefined) panel.decimals(decimals);
  if (spec.links !== undefined) {
    panel.dataLinks(spec.links.map(({ title, url }) => new DashboardLinkBuilder(title).url(url)));
  }
  for (const { name, properties } of spec.looks ?? []) panel.overrideByName(name, [...properties]);
  return panel;
}

function sourceOf(spec: PanelBase & Pick<QueryPanel, "queries">): DataSourceKind {
  const [source, other] = new Set(spec.queries.map((query) => query.source));
  if (source === undefined || other !== undefined) {
    throw new Error(`the panel "${spec.title}" needs queries of one data source`);
  }
  return source;
}

/** `calm` is the colour of what is neither good nor bad. */
function thresholdsOf(alarm: Alarm | undefined, calm: string): ThresholdsConfigBuilder {
  const steps = [{ color: alarm === undefined ? calm : "green", value: null }];
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([
      ...steps,
      ...(alarm?.amber === undefined ? [] : [{ color: "orange", value: alarm.amber }]),
      ...(alarm?.red === undefined ? [] : [{ color: "red", value: alarm.red }]),
    ]);
}
