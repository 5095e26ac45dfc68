/** Tables that put several queries side by side, a row for each combination of labels. */
import { column } from "./look.ts";
import type { PanelLink, TablePanel } from "./panel.ts";
import { letterOf } from "./query.ts";
import { LABEL, type LabelName } from "./series.ts";

/** A column of numbers. */
export interface NumberColumn {
  readonly title: string;
  /** One value for each combination of the table's labels, over the whole time range. */
  readonly promql: string;
  readonly unit: string;
  /** From which value on it is red. */
  readonly red?: number;
}

/** What a summary table is made of. */
export interface SummaryTable {
  readonly title: string;
  readonly description: string;
  readonly height?: number;
  /** Labels that make a row, with the titles of their columns. */
  readonly rows: Readonly<Partial<Record<LabelName, string>>>;
  readonly columns: readonly NumberColumn[];
  readonly links?: readonly PanelLink[];
}

/** A table over the whole width. Grafana calls the values of the nth query `Value #<letter>`. */
export function summaryTable(spec: SummaryTable): TablePanel {
  const labelTitles = Object.entries(spec.rows).map(
    ([label, title]) => [LABEL[label as LabelName], title] as const,
  );
  // With one query alone Grafana's column is just `Value`.
  const valueTitles = spec.columns.map(
    ({ title }, index, { length }) =>
      [length === 1 ? "Value" : `Value #${letterOf(index)}`, title] as const,
  );
  const order = [...labelTitles, ...valueTitles];
  return {
    kind: "table",
    title: spec.title,
    description: spec.description,
    width: 24,
    height: spec.height ?? 8,
    unit: "short",
    queries: spec.columns.map(({ promql }) => ({ source: "prometheus", promql, shape: "table" })),
    transformations: [
      { id: "merge", options: {} },
      {
        id: "organize",
        options: {
          excludeByName: { Time: true },
          indexByName: Object.fromEntries(order.map(([name], index) => [name, index])),
          renameByName: Object.fromEntries(order),
        },
      },
    ],
    looks: spec.columns.map(({ title, unit, red }) => column(title, unit, red)),
    ...(spec.links === undefined ? {} : { links: spec.links }),
  };
}
