/** Everything that is generated: files of `dashboards/`, by name. */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Alert, rulesFile, ruleTestsFile } from "./alert.ts";
import { bridge } from "./bridge.ts";
import { BRIDGE_ALERTS } from "./bridge-alerts.ts";
import { type DashboardSpec, dashboardOf } from "./dashboard.ts";
import { engines } from "./engines.ts";
import { find } from "./find.ts";
import { jaegerUi } from "./jaeger-ui.ts";
import { jsonText } from "./json-text.ts";
import { overview } from "./overview.ts";
import { sagas } from "./sagas.ts";
import { steps } from "./steps.ts";
import { waits } from "./waits.ts";
import { workflow } from "./workflow.ts";
import { WORKFLOW_ALERTS } from "./workflow-alerts.ts";

const DASHBOARDS: readonly DashboardSpec[] = [
  overview,
  workflow,
  steps,
  waits,
  sagas,
  engines,
  bridge,
  find,
];

/** All dashboards, in the order in which they are read. */
function dashboards(): Dashboard[] {
  return DASHBOARDS.map(dashboardOf);
}

/** Groups of alerts, by the name of their files. */
export const ALERTS: Readonly<Record<string, readonly Alert[]>> = {
  workflows: WORKFLOW_ALERTS,
  bridge: BRIDGE_ALERTS,
};

/** Every generated file: its path below `dashboards/`, and its text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const dashboard of dashboards()) files.set(`${dashboard.uid}.json`, jsonText(dashboard));
  for (const [group, alerts] of Object.entries(ALERTS)) {
    files.set(`alerts/${group}.yaml`, rulesFile(group, alerts));
    files.set(`alerts/${group}.test.yaml`, ruleTestsFile(group, alerts));
  }
  files.set("jaeger-ui.json", jsonText(jaegerUi()));
  return files;
}
