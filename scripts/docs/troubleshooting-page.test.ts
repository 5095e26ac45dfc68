import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { ALERT_REMEDIES, REMEDIES } from "./troubleshooting/remedies.ts";
import { sourceMessages } from "./troubleshooting/source-messages.ts";
import {
  messageEntries,
  TROUBLESHOOTING_PAGE,
  troubleshootingPage,
} from "./troubleshooting-page.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("docs/troubleshooting.md", () => {
  it("is what `npm run docs` writes", () => {
    expect(readFileSync(TROUBLESHOOTING_PAGE, "utf8")).toBe(troubleshootingPage());
  });

  it("says what to do about every error of the code, and about no message that is not there", () => {
    const entries = messageEntries();
    const errors = entries.filter(({ kind }) => kind === "error").map(({ key }) => key);
    expect(errors.length).toBeGreaterThan(20);
    expect(errors.filter((key) => !Object.hasOwn(REMEDIES, key))).toEqual([]);
    const keys = new Set(entries.map(({ key }) => key));
    expect(Object.keys(REMEDIES).filter((key) => !keys.has(key))).toEqual([]);
  });

  it("has an entry for every alert, where the alert's runbook link leads", () => {
    const names: string[] = [];
    for (const file of globSync("dashboards/alerts/*.yaml", { cwd: ROOT })) {
      if (file.endsWith(".test.yaml")) continue;
      const { groups } = parse(readFileSync(join(ROOT, file), "utf8"));
      for (const { rules } of groups)
        for (const { alert, annotations } of rules) {
          if (alert === undefined) continue;
          names.push(alert);
          expect(annotations.runbook_url).toBe(
            `docs/troubleshooting.md#${String(alert).toLowerCase()}`,
          );
        }
    }
    expect(names.length).toBeGreaterThan(5);
    expect(Object.keys(ALERT_REMEDIES).toSorted()).toEqual(names.toSorted());
  });
});

describe("the messages of a source", () => {
  const folder = temporaryFolder();
  const of = (source: string): unknown => {
    const path = folder.path("source.ts");
    writeFileSync(path, source);
    return sourceMessages(path);
  };

  it("are what stands beside a code, with … for what is put in", () => {
    expect(of('throw new DurascopeError("A_B", `no ${name} in ` + "there");')).toEqual([
      { code: "A_B", message: "no … in there", kind: "error" },
    ]);
  });

  it("are both sides of a condition, and constants by their value", () => {
    expect(
      of('const HINT = "Set it."; fail("A_B", missing ? "it is missing" : `it is odd. ${HINT}`);'),
    ).toMatchObject([{ message: "it is missing" }, { message: "it is odd. Set it." }]);
  });

  it("are warnings, with the code beside them or with their kind before them", () => {
    expect(
      of('process.emitWarning(`odd ${x}`, { code: "ODD" }); warn("gone", "it is gone");'),
    ).toEqual([
      { code: "ODD", message: "odd …", kind: "warning" },
      { code: "", message: "it is gone", kind: "warning" },
    ]);
  });

  it("are what is told through another function, a constant or what a function of the source gives", () => {
    expect(
      of(
        'const GONE = "it is gone: " + "start it."; tell(onTrouble, GONE); options.onTrouble(`${x} is not there`); warn(why());' +
          'function why() { const inner = () => { return "not told to anyone"; }; return a ? `no ${b} here` : inner(); }' +
          'function portTrouble() { return free ? undefined : "the port is taken"; }',
      ),
    ).toEqual([
      { code: "", message: "the port is taken", kind: "warning" },
      { code: "", message: "it is gone: start it.", kind: "warning" },
      { code: "", message: "no … here", kind: "warning" },
    ]);
  });

  it("are not what is no sentence, and not what other functions are given", () => {
    expect(
      of(
        'const KIND = "datadog_not_joined"; tell(KIND, { error: "it is gone now" }); say("ready"); teller("it is gone now"); story.tell(spans, "ids");',
      ),
    ).toEqual([]);
  });
});
