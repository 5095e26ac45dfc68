/** The committed dashboards and alert rules, as files: what users import, not what the source would give now. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

/** The folder `dashboards/`, absolute, with a slash at its end. */
export const DASHBOARDS_FOLDER: string = fileURLToPath(
  new URL("../../dashboards/", import.meta.url),
);

/** A query of a panel, in Grafana's shape. */
export interface GrafanaTarget {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly expr?: string;
  readonly query?: string;
  readonly instant?: boolean;
}

/** A link of a panel's values. */
export interface GrafanaLink {
  readonly title: string;
  readonly url: string;
}

/** A panel or a row. */
export interface GrafanaPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly GrafanaTarget[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly links?: readonly GrafanaLink[] };
  };
  readonly options?: { readonly content?: string };
}

/** A variable above a dashboard. */
export interface GrafanaVariable {
  readonly name: string;
  readonly type: string;
  readonly query?: string;
  readonly label?: string;
}

/** A dashboard, as far as tests look at it. */
export interface GrafanaDashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly panels: readonly GrafanaPanel[];
  readonly templating: { readonly list: readonly GrafanaVariable[] };
}

/** Every committed dashboard, by the name of its file. */
export function dashboardFiles(): ReadonlyMap<string, GrafanaDashboard> {
  const names = readdirSync(DASHBOARDS_FOLDER).filter((name) => /^durascope-.*\.json$/.test(name));
  return new Map(
    names.map((name) => {
      const dashboard: GrafanaDashboard = JSON.parse(
        readFileSync(`${DASHBOARDS_FOLDER}${name}`, "utf8"),
      );
      return [name, dashboard];
    }),
  );
}

/** A rule of Prometheus. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Absolute paths of the files of alert rules. */
export function ruleFiles(): string[] {
  return alertFiles().filter((path) => !path.endsWith(".test.yaml"));
}

/** Absolute paths of the files of cases that promtool runs against them. */
export function ruleTestFiles(): string[] {
  return alertFiles().filter((path) => path.endsWith(".test.yaml"));
}

function alertFiles(): string[] {
  const folder = `${DASHBOARDS_FOLDER}alerts/`;
  return readdirSync(folder).map((name) => `${folder}${name}`);
}

/** Every alert rule of every file. */
export function alertRules(): AlertRule[] {
  return ruleFiles().flatMap((path) => {
    const file: { groups: { rules: AlertRule[] }[] } = parse(readFileSync(path, "utf8"));
    return file.groups.flatMap(({ rules }) => rules);
  });
}
