/** The dashboards' fields against Grafana's schema, the alert rules against Prometheus' own checks. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { missingBackend, withReason } from "../backends/installed.ts";
import { backendPython, promtool } from "../backends/program.ts";
import {
  DASHBOARDS_FOLDER,
  dashboardFiles,
  ruleFiles,
  ruleTestFiles,
} from "../support/dashboard-files.ts";
import { filledIn, panelQueries, SHORT_RANGE } from "../support/dashboard-queries.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const script = fileURLToPath(new URL("../backends/dashboard_fields.py", import.meta.url));
const files = [...dashboardFiles().keys()].map((name) => `${DASHBOARDS_FOLDER}${name}`);

/** A field that a round trip through Grafana's schema did not bring back. */
interface LostField {
  readonly file: string;
  readonly path: string;
}

async function lostFields(...paths: readonly string[]): Promise<LostField[]> {
  const { code, stdout, stderr } = await backendPython([script, ...paths]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const folder = temporaryFolder();

const noPython = missingBackend("python");
describe.skipIf(noPython !== undefined)(
  `dashboards: ${withReason("Grafana's schema", noPython)}`,
  () => {
    test("knows every field of every dashboard", async () => {
      expect(await lostFields(...files)).toEqual([]);
    });

    test("finds a misspelt field of the dashboard, of a panel and of a query", async () => {
      const [file = ""] = files;
      const dashboard = JSON.parse(readFileSync(file, "utf8"));
      dashboard.refreshh = "1s";
      dashboard.panels[1].fieldConfig.defaults.unitt = "s";
      dashboard.panels[1].targets[0].exprr = "up";
      const misspelt = folder.path("misspelt.json");
      writeFileSync(misspelt, JSON.stringify(dashboard));
      expect((await lostFields(misspelt)).map(({ path }) => path).toSorted()).toEqual([
        "/panels/1/fieldConfig/defaults/unitt",
        "/panels/1/targets/0/exprr",
        "/refreshh",
      ]);
    });
  },
);

/** Files with names for the titles of tests. */
function named(paths: readonly string[]): { name: string; file: string }[] {
  return paths.map((file) => ({ name: basename(file), file }));
}

const BAR_SECONDS = 300;

/** Grafana's variables for bars of 5 minutes. */
function barsOf(scrapeSeconds: number): Readonly<Record<string, string>> {
  return {
    ...SHORT_RANGE,
    __interval: `${BAR_SECONDS}s`,
    __interval_ms: `${BAR_SECONDS * 1000}`,
    __rate_interval: `${Math.max(BAR_SECONDS + scrapeSeconds, 4 * scrapeSeconds)}s`,
  };
}

/**
 * A series for each scrape of the two bars that end at 30 and 35 minutes: it rises from 7 to 8 at that scrape, or begins there
 * with 1. Bars end 3 seconds after a scrape, since hardly any ends just with one.
 */
function risesOf(scrapeSeconds: number, before: string): { series: string; values: string }[] {
  const scrapes = (2 * BAR_SECONDS) / scrapeSeconds;
  const unchanged = (25 * 60) / scrapeSeconds + 1;
  return Array.from({ length: scrapes }, (_, index) => {
    const still = Array.from({ length: unchanged + index }, () => before);
    const risen = Array.from({ length: 2 * scrapes }, () =>
      before === "_" ? 1 : Number(before) + 1,
    );
    return {
      series: `workflow_closed_total{workflow_outcome="${index}"}`,
      values: [...still, ...risen].join(" "),
    };
  });
}

const noPromtool = missingBackend("prometheus");
describe.skipIf(noPromtool !== undefined)(
  `alerts: ${withReason("Prometheus' promtool", noPromtool)}`,
  () => {
    test.each(named(ruleFiles()))("accepts the rules of $name", async ({ file }) => {
      expect(await promtool(["check", "rules", file])).toMatchObject({ code: 0 });
    });

    test.each(named(ruleTestFiles()))(
      "sees each alert fire, and not fire: $name",
      async ({ file }) => {
        const { code, stdout } = await promtool(["test", "rules", file]);
        expect(stdout).toContain("SUCCESS");
        expect(code).toBe(0);
      },
    );

    test.each(named(ruleFiles()))(
      "would see a threshold that is out of reach: $name",
      async ({ file, name }) => {
        const rules = readFileSync(file, "utf8").replaceAll(
          /^( +expr: )/gm,
          "$1vector(0) == 1 and ",
        );
        writeFileSync(folder.path(name), rules);
        const cases = folder.path(name.replace(".yaml", ".test.yaml"));
        writeFileSync(cases, readFileSync(file.replace(".yaml", ".test.yaml"), "utf8"));
        expect(await promtool(["test", "rules", cases])).toMatchObject({ code: 1 });
      },
    );

    test.each([
      [15, "7"],
      [15, "_"],
      [60, "7"],
      [60, "_"],
    ])(
      "bars count each event once, scraped every %i seconds, from the value %s on",
      async (scrapeSeconds, before) => {
        const panel = panelQueries().find(({ where }) => where.includes("Runs closed, by outcome"));
        const bars = filledIn(panel?.text ?? "", barsOf(scrapeSeconds));
        const inOneBar = BAR_SECONDS / scrapeSeconds;
        const counts = [inOneBar, inOneBar, 0].map((value, bar) => ({
          // An event is 1: neither 0.95 nor 1.05.
          expr: `count(round(${bars}, 0.001) == 1) or vector(0)`,
          eval_time: `${30 + 5 * bar}m3s`,
          exp_samples: [{ labels: "{}", value }],
        }));
        const cases = folder.path(`bars-${scrapeSeconds}-${before}.test.yaml`);
        const oneTest = {
          interval: `${scrapeSeconds}s`,
          input_series: risesOf(scrapeSeconds, before),
          promql_expr_test: counts,
        };
        writeFileSync(cases, JSON.stringify({ rule_files: [], tests: [oneTest] }));
        expect(await promtool(["test", "rules", cases])).toMatchObject({ code: 0 });
      },
    );

    test("a number over a day holds what processes told that were replaced since", async () => {
      const panel = panelQueries().find(
        ({ where }) => where === "durascope-overview / Compensation failed / A",
      );
      const day = filledIn(panel?.text ?? "", { ...SHORT_RANGE, __range: "1d" });
      const of = (name: string, pod: string): string =>
        `${name}{workflow_outcome="failed",instance="${pod}"}`;
      const expected = [
        // The first one told of a failure and is gone; the second has nothing to tell, and is idle by now.
        [`20h`, 1],
        [`30h`, 0],
      ] as const;
      const oneTest = {
        interval: "30m",
        input_series: [
          { series: of("workflow_compensations_total", "pod-1"), values: "_x4 1x4 stale" },
          { series: of("workflow_started_total", "pod-1"), values: "5x8 stale" },
          { series: of("workflow_started_total", "pod-2"), values: "_x9 1x10 stale" },
        ],
        promql_expr_test: expected.map(([eval_time, value]) => ({
          expr: day,
          eval_time,
          exp_samples: [{ labels: "{}", value }],
        })),
      };
      const cases = folder.path("replaced.test.yaml");
      writeFileSync(cases, JSON.stringify({ rule_files: [], tests: [oneTest] }));
      expect(await promtool(["test", "rules", cases])).toMatchObject({ code: 0 });
    });
  },
);
