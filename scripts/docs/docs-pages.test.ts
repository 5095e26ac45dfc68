import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { VOCABULARY, VOCABULARY_VERSION } from "../../src/core/vocabulary.ts";
import { MOST_PAGES } from "../../src/temporal/oldest-runs.ts";
import { MOST_CALLS, SILENCE_MS } from "../../src/temporal/silent-runs.ts";
import { MOST_ASKED } from "../../src/temporal/timed-out-attempts.ts";
import { fakeStepFunctions } from "../../test/doubles/fake-step-functions.ts";
import { pinnedVersion } from "../../test/support/pinned-version.ts";
import { backendVersion } from "./compatibility-page.ts";

function page(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), "utf8");
}

function snippet(text: string, mark: string): string {
  const found = new RegExp(`\`\`\`\\w+ ${mark}\\n([^]*?)\`\`\``).exec(text)?.[1];
  if (found === undefined) throw new Error(`there is no snippet ${mark}`);
  return found;
}

describe("docs/production.md", () => {
  it("says what the plugin asks a Temporal server, and how often", () => {
    const said = page("production").replaceAll(/\s+/g, " ");
    expect(said).toContain(
      `silent for ${SILENCE_MS / 60_000} minutes (\`DescribeWorkflowExecution\`), at most ${MOST_CALLS} times a minute`,
    );
    expect(said).toContain(
      `(\`ListWorkflowExecutions\`, every 10 minutes, 250 a page, at most ${MOST_PAGES} pages)`,
    );
    expect(said).toContain(`at most ${MOST_ASKED} times a minute; with a LoggerProvider`);
  });

  it("grants the poller what it calls, and no more", () => {
    const policy: { Statement: { Action: string | string[] }[] } = JSON.parse(
      snippet(page("production"), "iam-poller"),
    );
    const granted = policy.Statement.flatMap(({ Action }) => Action).toSorted();
    const called = Object.keys(fakeStepFunctions().api)
      .map((name) => `states:${name.charAt(0).toUpperCase()}${name.slice(1)}`)
      .toSorted();
    expect(granted).toEqual(called);
  });

  it("lets the poller use the key of that state machine, through Step Functions of its region alone", () => {
    const [listed] = JSON.parse(snippet(page("production"), "iam-poller")).Statement;
    const { Action, Condition } = JSON.parse(snippet(page("production"), "iam-poller-key"));
    const [, , , region] = String(listed.Resource).split(":");
    expect(Action).toBe("kms:Decrypt");
    expect(Condition.StringEquals).toEqual({
      "kms:ViaService": `states.${region}.amazonaws.com`,
      "kms:EncryptionContext:aws:states:stateMachineArn": listed.Resource,
    });
  });
});

describe("the versions that a page says it was tested with", () => {
  const stack = (name: string, dependency: string): string =>
    pinnedVersion(`test/stacks/${name}/`, dependency);

  it("docs/datadog.md: dd-trace of both lines, and Datadog's test agent", () => {
    expect(page("datadog")).toContain(
      `Tested with \`dd-trace\` ${stack("dd-trace", "dd-trace")} and ${stack("dd-trace-5", "dd-trace")} ` +
        `against Datadog's test agent ${backendVersion("python-tools", "python")}`,
    );
  });

  it("docs/official-interceptors.md: both packages, their SDK, and Temporal's", () => {
    const name = "@temporalio/interceptors-opentelemetry";
    const sdk = "@opentelemetry/sdk-trace-base";
    expect(page("official-interceptors")).toContain(
      `Tested on a real server with ${stack("official-interceptors", name)} on OpenTelemetry SDK ` +
        `${stack("official-interceptors", sdk)}, and with \`-v2\` ${stack("official-interceptors-v2", `${name}-v2`)} on SDK ` +
        `${stack("official-interceptors-v2", sdk)}, both under Temporal SDK ${pinnedVersion("", "@temporalio/worker")}.`,
    );
  });
});

describe("docs/attribute-schema.md", () => {
  it("has the present version as its last entry", () => {
    const versions = [...page("attribute-schema").matchAll(/^\| (\d+\.\d+\.\d+) \|/gm)];
    expect(versions.at(-1)?.[1]).toBe(VOCABULARY_VERSION);
  });

  it("gets a new version when attributes change: then this digest and the version are to be changed together", () => {
    const keys = Object.values(VOCABULARY).map(({ key, type }) => `${key} ${type}`);
    const digest = createHash("sha256").update(keys.toSorted().join("\n")).digest("hex");
    expect(`${VOCABULARY_VERSION} ${digest.slice(0, 16)}`).toMatchInlineSnapshot(
      `"1.0.0 8d2d057f5f2f356f"`,
    );
  });
});

describe("the pages", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const pages = globSync(
    ["*.md", "docs/**/*.md", "dashboards/README.md", "examples/order-saga/*.md"],
    { cwd: root },
  );

  /** What a heading is reached by, as GitHub makes it. */
  const anchor = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
      .trim()
      .replaceAll(" ", "-");

  it.each(pages)("%s: every link within the repository leads somewhere", (path) => {
    const text = readFileSync(join(root, path), "utf8");
    const dead = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = "", fragment] = target.split("#");
        const found = file === "" ? join(root, path) : join(root, dirname(path), file);
        if (!existsSync(found)) return true;
        if (fragment === undefined || !found.endsWith(".md")) return false;
        const headings = readFileSync(found, "utf8").matchAll(/^#+ (.*)$/gm);
        return ![...headings].some(([, heading = ""]) => anchor(heading) === fragment);
      });
    expect(dead).toEqual([]);
  });
});
