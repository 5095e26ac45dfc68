import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import {
  DatasourceVariableBuilder,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";

/** What a query is asked of. */
export type DataSourceKind = "prometheus" | "tempo" | "loki";

const LABELS: Readonly<Record<DataSourceKind, string>> = {
  prometheus: "Metrics",
  tempo: "Traces",
  loki: "Logs",
};

/**
 * A data source as panels name it: by a variable. Grafana resolves `__inputs` only when somebody imports a dashboard by hand,
 * a variable also when dashboards are provisioned from files.
 */
export function dataSource(kind: DataSourceKind): DataSourceRef {
  return { type: kind, uid: `\${${kind}}` };
}

/** The variable that {@link dataSource} names: a list of the data sources of that type, the default one first. */
export function dataSourceVariable(kind: DataSourceKind): Builder<VariableModel> {
  return new DatasourceVariableBuilder(kind).label(LABELS[kind]).type(kind);
}
