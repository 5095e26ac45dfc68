/**
 * A workflow bundle that is made with the packed plugin holds the recorder once, nothing that the isolate lacks, and
 * the options; and a real server's workflow is traced by it. Two copies would split the recorder's state, which is
 * why the isolate's side is published as CommonJS only.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTemporalServer, type TemporalServer } from "../../src/engines/index.ts";
import { inConsumer, runNode } from "./consumer.ts";

const NONE = {};
const SOME = { compensates: { refund: ["charge"] } };

/** Both module systems on both sides: that of the workflow's file, and that of the worker's process. */
const BUNDLES = [
  { workflows: "workflows.ts", way: "import", options: NONE },
  { workflows: "workflows.ts", way: "require", options: SOME },
  { workflows: "workflows.cjs", way: "require", options: NONE },
  { workflows: "workflows.cjs", way: "import", options: SOME },
] as const;

type Bundle = (typeof BUNDLES)[number];

const fileOf = ({ workflows, way }: Bundle): string => inConsumer(`${workflows}.${way}.js`);

beforeAll(() => {
  const wanted = BUNDLES.map((bundle) => ({ ...bundle, out: fileOf(bundle) }));
  runNode(["bundle.mjs", JSON.stringify(wanted)]);
});

describe.each(BUNDLES)("the bundle of $workflows by $way with $options", (bundle) => {
  it("holds the recorder once", () => {
    const names = modulesOf(bundle)
      .filter((path) => path.includes("durascope/dist/"))
      .map((path) => path.replace(/.*\/dist\//u, "").replace(/\.[cm]js$/u, ""));
    expect(names).toContain("temporal/workflow/interceptors");
    expect(names).toContain("core/fold");
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
  });

  it("holds no module of Node", () => {
    expect(modulesOf(bundle).filter((path) => path.includes("node:"))).toEqual([]);
  });
});

describe("a workflow of a real server", () => {
  let server: TemporalServer;
  let runs: readonly (readonly RecordedSpan[])[] = [];

  beforeAll(async () => {
    server = await startTemporalServer();
    runs = JSON.parse(runNode(["run-workflow.mjs", server.address, ...BUNDLES.map(fileOf)]));
  });

  afterAll(async () => {
    await server?.stop();
  });

  it.each(BUNDLES)(
    "is traced by the bundle of $workflows by $way, as the options $options say",
    (bundle) => {
      const spans = runs[BUNDLES.indexOf(bundle)] ?? [];
      expect(spans.map(({ name }) => name).toSorted()).toEqual([
        "charge",
        "charge attempt 1",
        "packedSaga",
        "packedSaga started",
        "refund",
        "refund attempt 1",
        "start packedSaga",
      ]);
      const refund = spans.find(({ name }) => name === "refund");
      expect(refund?.attributes["workflow.step.compensates"]).toBe(
        bundle.options === SOME ? "charge" : undefined,
      );
    },
  );
});

interface RecordedSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Modules of a bundle, by the headings that webpack gives them. */
function modulesOf(bundle: Bundle): string[] {
  const headings = readFileSync(fileOf(bundle), "utf8").matchAll(
    /!\*\*\* (?<path>\S.*?) \*\*\*!/gu,
  );
  return [...headings].map((match) => match.groups?.["path"] ?? "");
}
