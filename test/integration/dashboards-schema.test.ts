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
  },
);
