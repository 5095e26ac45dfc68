import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { alertRules } from "../../test/support/dashboard-files.ts";
import { ALERTS } from "./generated-files.ts";
import { UID } from "./link.ts";

const alerts = Object.values(ALERTS).flat();
const rules = alertRules();

test.each(alerts)("$name proves that it fires, and that it does not", ({ cases }) => {
  expect(cases.some(({ fires }) => fires !== undefined)).toBe(true);
  expect(cases.some(({ fires }) => fires === undefined)).toBe(true);
});

test("every alert says how bad it is, what it is, and what to do", () => {
  const texts = { summary: expect.any(String), description: expect.any(String) };
  for (const { labels, annotations } of rules) {
    expect(["critical", "warning", "info"]).toContain(labels["severity"]);
    expect(annotations).toMatchObject(texts);
  }
});

test("every alert leads to a dashboard that is there", () => {
  const paths = new Set(Object.values(UID).map((uid) => `/d/${uid}`));
  expect(rules.filter(({ annotations }) => !paths.has(annotations["dashboard"] ?? ""))).toEqual([]);
});

test("every alert leads to its own entry of the troubleshooting page", () => {
  const page = readFileSync(
    new URL("../../docs/troubleshooting.md", import.meta.url),
    "utf8",
  ).toLowerCase();
  for (const { alert, annotations } of rules) {
    const anchor = alert.toLowerCase();
    expect(annotations["runbook_url"]).toBe(`docs/troubleshooting.md#${anchor}`);
    expect(page).toContain(`# ${anchor}\n`);
  }
});
