/** Dashboards as data, and how they become Grafana's Classic JSON. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkPlacement,
  DashboardLinkType,
  RowBuilder,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { type DataSourceKind, dataSourceVariable } from "./data-source.ts";
import { type PanelSpec, panelOf } from "./panel.ts";

/** A row of panels under a headline. */
export interface Row {
  readonly title: string;
  /** In reading order; their widths fill lines of 24 columns. */
  readonly panels: readonly PanelSpec[];
}

/** One dashboard. */
export interface DashboardSpec {
  /** Grafana's uid, and the name of its file: it never changes, links of users lead to it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly sources: readonly DataSourceKind[];
  readonly variables: readonly Builder<VariableModel>[];
  /** Time range at first, back from now, e.g. `now-24h`. */
  readonly from: string;
  readonly rows: readonly Row[];
}

/** All dashboards carry this tag: it makes the menu that leads from each to the others. */
export const TAG = "durascope";

/** Puts a dashboard together. Panels are numbered in reading order, from 1. */
export function dashboardOf(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: spec.from, to: "now" })
    .refresh("1m")
    .annotation(alertAnnotations())
    .link(menu())
    .variables([...spec.sources.map(dataSourceVariable), ...spec.variables]);
  for (const row of spec.rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(panelOf(panel));
  }
  return inPlainSight(numbered(builder.build()));
}

function menu(): DashboardLinkBuilder {
  return new DashboardLinkBuilder("Durascope")
    .type(DashboardLinkType.Dashboards)
    .icon("external link")
    .tooltip("The other dashboards, with the same time range and filters")
    .tags([TAG])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true);
}

/** The annotations that Grafana adds to every dashboard that it makes itself. */
function alertAnnotations(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name("Annotations & Alerts")
    .datasource({ type: "grafana", uid: "-- Grafana --" })
    .enable(true)
    .hide(true)
    .iconColor("rgba(0, 211, 255, 1)")
    .type("dashboard")
    .builtIn(1);
}

function numbered(dashboard: Dashboard): Dashboard {
  const panels = dashboard.panels?.map((panel, index) => ({ ...panel, id: index + 1 })) ?? [];
  return { ...dashboard, panels };
}

/** The SDK puts every link and annotation into a menu of Grafana 12, where nobody looks; older ones know no such place. */
function inPlainSight(dashboard: Dashboard): Dashboard {
  return JSON.parse(
    JSON.stringify(dashboard, (key, value: unknown) => (isHiding(key, value) ? undefined : value)),
  );
}

function isHiding(key: string, value: unknown): boolean {
  return key === "placement" && value === DashboardLinkPlacement.InControlsMenu;
}
