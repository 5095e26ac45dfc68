/** The drop-down lists above the dashboards. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { dataSource } from "./data-source.ts";
import { LABEL, type LabelName, type Matcher, select } from "./series.ts";

/** A label that dashboards filter by, with a variable of the same name. */
type Filter = Extract<LabelName, "job" | "engine" | "type">;

const TITLES: Readonly<Record<Filter, string>> = {
  job: "Service",
  engine: "Engine",
  type: "Workflow type",
};

const matcherOf = (filter: Filter): Matcher => `${LABEL[filter]}=~"$${filter}"`;

/** Conditions on everything that tells of workflows. */
export const OF_RUNS: readonly Matcher[] = (["job", "engine", "type"] as const).map(matcherOf);

/** Conditions on everything that tells of durascope itself. */
export const OF_JOBS: readonly Matcher[] = [matcherOf("job")];

/** Service, engine and workflow type; each lists what fits those before it. */
export function runFilters(): Builder<VariableModel>[] {
  return [
    jobFilter(),
    filterVariable("engine", select("started", OF_RUNS.slice(0, 1))),
    filterVariable("type", select("started", OF_RUNS.slice(0, 2))),
  ];
}

/** The services that run durascope. */
export function jobFilter(): Builder<VariableModel> {
  return filterVariable("job", select("spansExported"));
}

function filterVariable(name: Filter, series: string): Builder<VariableModel> {
  const variable = new QueryVariableBuilder(name)
    .label(TITLES[name])
    .datasource(dataSource("prometheus"))
    .query(`label_values(${series}, ${LABEL[name]})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: ["All"], value: ["$__all"] });
  // oxlint-disable-next-line unicorn/no-array-sort -- a setting of the builder, no array
  return variable.sort(VariableSort.AlphabeticalAsc);
}

/** The variable of {@link windowVariable}, as queries name it. */
export const WINDOW = "$window";

/** How far ratios and quantiles look back at each point of a graph. */
export function windowVariable(): Builder<VariableModel> {
  return choice("window", "Window", ["5m", "15m", "1h", "6h", "1d"], "1h");
}

/** The variable of {@link stuckVariable}, in seconds, as queries name it. */
export const STUCK_AFTER = "$stuck_after";

/** From which age on an open run counts as stuck. */
export function stuckVariable(): Builder<VariableModel> {
  return choice(
    "stuck_after",
    "Stuck after",
    ["1 h : 3600", "4 h : 14400", "1 d : 86400", "3 d : 259200", "7 d : 604800"],
    "1 d : 86400",
  );
}

function choice(
  name: string,
  label: string,
  values: readonly string[],
  preset: string,
): Builder<VariableModel> {
  const [text = preset, value = text] = preset.split(" : ");
  return new CustomVariableBuilder(name)
    .label(label)
    .values(values.join(", "))
    .current({ selected: true, text, value });
}
