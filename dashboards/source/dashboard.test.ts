import { describe, expect, test } from "vitest";
import {
  dashboardFiles,
  type GrafanaDashboard,
  type GrafanaPanel,
} from "../../test/support/dashboard-files.ts";
import { TAG } from "./dashboard.ts";
import { UID } from "./link.ts";

const files = [...dashboardFiles()];
const uids = new Set<string>(Object.values(UID));

const isRow = (panel: GrafanaPanel): boolean => panel.type === "row";

describe.each(files)("%s", (name, dashboard) => {
  test("is named for its uid, which is one of those that links lead to", () => {
    expect(name).toBe(`${dashboard.uid}.json`);
    expect(uids).toContain(dashboard.uid);
  });

  test("is found by the menu of the others, and says what it is for", () => {
    expect(dashboard.tags).toEqual([TAG]);
    expect(dashboard.description).not.toBe("");
  });

  test("no two panels lie on each other, none leaves the 24 columns", () => {
    const cells = dashboard.panels.flatMap(({ gridPos }) => cellsOf(gridPos));
    expect(cells.filter((cell, at) => cells.indexOf(cell) !== at)).toEqual([]);
    expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  test("every line of panels is full", () => {
    const widths = new Map<number, number>();
    for (const { gridPos } of dashboard.panels) {
      widths.set(gridPos.y, (widths.get(gridPos.y) ?? 0) + gridPos.w);
    }
    expect([...widths.values()].filter((width) => width !== 24)).toEqual([]);
  });

  test("panels have ids of their own, in reading order", () => {
    expect(dashboard.panels.map(({ id }) => id)).toEqual(dashboard.panels.map((_, at) => at + 1));
  });

  test("every panel has a title of its own in its row, and a description", () => {
    const panels = dashboard.panels.filter((panel) => !isRow(panel));
    expect(panels.filter(({ description }) => (description ?? "").length < 30)).toEqual([]);
    const inRows = titlesByRow(dashboard);
    expect(new Set(inRows).size).toBe(inRows.length);
  });

  test("every panel that measures has a unit", () => {
    const measuring = dashboard.panels.filter(({ type }) => !/^(?:row|text|logs)$/.test(type));
    expect(measuring.filter(({ fieldConfig }) => !fieldConfig?.defaults.unit)).toEqual([]);
  });

  test("data sources are variables, for an import by hand and for provisioning alike", () => {
    const declared = new Set(
      dashboard.templating.list
        .filter(({ type }) => type === "datasource")
        .map(({ name: variable, query }) => `${query} \${${variable}}`),
    );
    const named = dashboard.panels
      .flatMap(({ datasource, targets }) => [
        datasource,
        ...(targets ?? []).map((target) => target.datasource),
      ])
      .filter((source) => source !== undefined)
      .map(({ type, uid }) => `${type} ${uid}`);
    expect(named.filter((source) => !declared.has(source))).toEqual([]);
    expect(JSON.stringify(dashboard)).not.toContain("__inputs");
  });

  test("every variable that is used is declared, and every declared one is used", () => {
    const declared = dashboard.templating.list.map(({ name: variable }) => variable);
    expect(new Set(variablesIn(dashboard))).toEqual(new Set(declared));
  });

  test("links lead to dashboards that are there", () => {
    const links = dashboard.panels.flatMap(({ fieldConfig }) => fieldConfig?.defaults.links ?? []);
    const targets = links.map(
      ({ url }) => /^\/d\/(?<uid>[\w-]+)\?/.exec(url)?.groups?.["uid"] ?? url,
    );
    expect(targets.filter((uid) => !uids.has(uid))).toEqual([]);
  });
});

test("every dashboard has a file", () => {
  expect(new Set(files.map(([, { uid }]) => uid))).toEqual(uids);
});

test("no dashboard is a wall: 20 panels at most", () => {
  const sizes = files.map(([, { panels }]) => panels.filter((panel) => !isRow(panel)).length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
});

function cellsOf({ x, y, w, h }: GrafanaPanel["gridPos"]): string[] {
  return Array.from({ length: w * h }, (_, n) => `${x + (n % w)}/${y + Math.floor(n / w)}`);
}

function titlesByRow({ panels }: GrafanaDashboard): string[] {
  let row = "";
  return panels.map((panel) => {
    if (isRow(panel)) row = panel.title;
    return `${row} / ${isRow(panel) ? "" : panel.title}`;
  });
}

/** Names of the variables in queries, titles and texts; those of Grafana itself begin with two underscores. */
function variablesIn({ panels, templating }: GrafanaDashboard): string[] {
  const queries = templating.list.filter(({ type }) => type === "query");
  const text = JSON.stringify([panels, queries]);
  return [...text.matchAll(/\$(?:\{(\w+)(?::\w+)?\}|([A-Za-z]\w*))/g)]
    .map(([, braced, bare]) => braced ?? bare ?? "")
    .filter((name) => !name.startsWith("__"));
}
