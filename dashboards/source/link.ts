/** Links from a value to where it is explained. */
import type { PanelLink } from "./panel.ts";
import { LABEL } from "./series.ts";

/** Uids of the dashboards: file names, and what links lead to. They never change. */
export const UID = {
  overview: "durascope-overview",
  workflow: "durascope-workflow",
  steps: "durascope-steps",
  waits: "durascope-waits",
  sagas: "durascope-sagas",
  engines: "durascope-engines",
  bridge: "durascope-bridge",
  find: "durascope-find",
} as const;

/** To another dashboard, with the same time range, data sources and filters. */
export function toDashboard(title: string, dashboard: keyof typeof UID): PanelLink {
  return { title, url: `/d/${UID[dashboard]}?\${__url_time_range}&\${__all_variables}` };
}

/** Everything above the dashboard but the workflow type, which the link itself says. */
const OTHER_FILTERS = ["prometheus", "job", "engine"]
  .map((name) => `\${${name}:queryparam}`)
  .join("&");

function toType(value: string): PanelLink {
  return {
    title: "This workflow type",
    url: `/d/${UID.workflow}?\${__url_time_range}&${OTHER_FILTERS}&var-type=\${${value}:percentencode}`,
  };
}

/** To the workflow type of the series that was clicked. */
export function toTypeOfSeries(): PanelLink {
  return toType(`__field.labels.${LABEL.type}`);
}

/** To the workflow type of the row that was clicked. */
export function toTypeOfRow(column: string): PanelLink {
  return toType(`__data.fields["${column}"]`);
}
