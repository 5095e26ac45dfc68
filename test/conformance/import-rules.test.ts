import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a lint run reports, as far as it is read here. */
interface Report {
  readonly diagnostics: readonly { readonly code: string; readonly filename: string }[];
}

/** An import that a rule of ARCHITECTURE.md forbids: the file that has it, and what it asks for. */
interface Violation {
  readonly file: string;
  readonly imports: string;
}

const VIOLATIONS: readonly Violation[] = [
  // 1. core imports only core: nothing of Node, of OpenTelemetry, of an engine.
  { file: "src/core/a1.ts", imports: "node:crypto" },
  { file: "src/core/a2.ts", imports: "@opentelemetry/api" },
  { file: "src/core/a3.ts", imports: "../projection/spans.ts" },
  { file: "src/core/a4.ts", imports: "../temporal/history.ts" },
  { file: "src/core/a5.ts", imports: "./../host/node-sha256.ts" },
  { file: "src/core/a6.ts", imports: "fast-check" },
  // 2. engines never import each other, nor what comes after them.
  { file: "src/temporal/b1.ts", imports: "../stepfunctions/history.ts" },
  { file: "src/temporal/event-mapping/b2.ts", imports: "../../stepfunctions/history.ts" },
  { file: "src/temporal/b3.ts", imports: "../exporters/otlp-file.ts" },
  { file: "src/temporal/b4.ts", imports: "../lookup/otlp-decode.ts" },
  { file: "src/temporal/b5.ts", imports: "../report/tree-text.ts" },
  { file: "src/temporal/b6.ts", imports: "@aws-sdk/client-sfn" },
  { file: "src/temporal/b7.ts", imports: "./../core/../stepfunctions/history.ts" },
  { file: "src/stepfunctions/b8.ts", imports: "../temporal/history.ts" },
  { file: "src/stepfunctions/poller/checkpoints/b9.ts", imports: "../../../temporal/history.ts" },
  { file: "src/stepfunctions/b10.ts", imports: "@temporalio/common" },
  { file: "src/stepfunctions/b11.ts", imports: "../exporters/otlp-file.ts" },
  { file: "src/correlation/b12.ts", imports: "../temporal/history.ts" },
  { file: "src/host/b14.ts", imports: "../correlation/log-fields.ts" },
  { file: "src/host/b15.ts", imports: "@opentelemetry/api" },
  { file: "src/telemetry/b13.ts", imports: "../stepfunctions/history.ts" },
  // 3. projection imports core only.
  { file: "src/projection/c1.ts", imports: "../host/node-sha256.ts" },
  { file: "src/projection/c2.ts", imports: "node:crypto" },
  { file: "src/projection/c3.ts", imports: "../core/../temporal/history.ts" },
  // 4. what runs in the isolate imports core and Temporal's two packages.
  { file: "src/temporal/workflow/d1.ts", imports: "../history.ts" },
  { file: "src/temporal/workflow/d2.ts", imports: "node:crypto" },
  { file: "src/temporal/workflow/d3.ts", imports: "@temporalio/worker" },
  { file: "src/temporal/workflow/d4.ts", imports: "../../host/node-sha256.ts" },
  { file: "src/temporal/workflow/d5.ts", imports: "@opentelemetry/api" },
  { file: "src/temporal/workflow/d6.ts", imports: "../../../src/temporal/history.ts" },
  // 5. lambda imports no SDK.
  { file: "src/lambda/e1.ts", imports: "@aws-sdk/client-sfn" },
  { file: "src/lambda/e2.ts", imports: "@opentelemetry/api" },
  { file: "src/lambda/e3.ts", imports: "../stepfunctions/history.ts" },
  { file: "src/lambda/e4.ts", imports: "../temporal/history.ts" },
  { file: "src/lambda/e5.ts", imports: "../exporters/otlp-file.ts" },
  // 6. nothing imports what composes.
  { file: "src/temporal/f1.ts", imports: "../cli/main.ts" },
  { file: "src/stepfunctions/poller/checkpoints/f2.ts", imports: "../../../cli/main.ts" },
  { file: "src/exporters/f3.ts", imports: "../cli/main.ts" },
  { file: "src/lookup/f4.ts", imports: "../../examples/order-saga/shared/order.ts" },
  { file: "src/f5.ts", imports: "./cli/main.ts" },
  { file: "src/correlation/f6.ts", imports: "../../examples/order-saga/shared/order.ts" },
];

/** Imports that the rules must let through. */
const ALLOWED: readonly Violation[] = [
  { file: "src/core/x1.ts", imports: "./model.ts" },
  { file: "src/projection/x2.ts", imports: "../core/model.ts" },
  { file: "src/temporal/x3.ts", imports: "@temporalio/common" },
  { file: "src/temporal/event-mapping/x4.ts", imports: "../../correlation/identity-text.ts" },
  { file: "src/temporal/workflow/x5.ts", imports: "../../core/fold.ts" },
  { file: "src/temporal/workflow/x6.ts", imports: "@temporalio/workflow" },
  { file: "src/stepfunctions/x7.ts", imports: "@aws-sdk/client-sfn" },
  { file: "src/lambda/x8.ts", imports: "../stepfunctions/context-object.ts" },
  { file: "src/lambda/x9.ts", imports: "node:crypto" },
  { file: "src/core/x10.test.ts", imports: "node:crypto" },
  { file: "src/cli/x11.ts", imports: "../lookup/otlp-decode.ts" },
];

let copy = "";
let reported: readonly string[] = [];

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "durascope-import-rules-"));
  await cp(join(root, "src"), join(copy, "src"), { recursive: true });
  const config = JSON.parse(await readFile(join(root, ".oxlintrc.json"), "utf8")) as {
    options: object;
    rules: object;
  };
  // Only the rules about imports, and without types, which would need the whole repository.
  const { "import/no-cycle": noCycle } = config.rules as Record<string, unknown>;
  const lean = {
    ...config,
    categories: { correctness: "off" },
    options: {},
    rules: { "import/no-cycle": noCycle },
  };
  await writeFile(join(copy, ".oxlintrc.json"), JSON.stringify(lean));
});

afterAll(async () => {
  await rm(copy, { recursive: true, force: true });
});

async function write({ file, imports }: Violation): Promise<void> {
  await mkdir(dirname(join(copy, file)), { recursive: true });
  await writeFile(join(copy, file), `import "${imports}";\n`);
}

/** Lints the copy; each report as `file: rule`. */
async function lint(): Promise<readonly string[]> {
  const program = join(root, "node_modules", ".bin", "oxlint");
  const run = promisify(execFile)(program, ["--format", "json", "src"], {
    cwd: copy,
    maxBuffer: 64 * 1024 * 1024,
  });
  // It exits with 1 when it reports something, and tells it all the same.
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
  const { diagnostics } = JSON.parse(stdout) as Report;
  return diagnostics
    .filter(({ code }) => /no-restricted-imports|no-cycle/.test(code))
    .map(({ code, filename }) => `${filename}: ${code}`);
}

describe("the import rules of ARCHITECTURE.md", () => {
  it("are kept by the present tree", async () => {
    expect(await lint()).toEqual([]);
  });

  describe("report", () => {
    beforeAll(async () => {
      await Promise.all([...VIOLATIONS, ...ALLOWED].map(write));
      await writeFile(join(copy, "src/report/g1.ts"), 'import "./g2.ts";\nexport const a = 1;\n');
      await writeFile(join(copy, "src/report/g2.ts"), 'import "./g1.ts";\nexport const b = 1;\n');
      reported = await lint();
    });

    it.each(VIOLATIONS)("$file imports $imports", ({ file }) => {
      expect(reported.filter((report) => report.startsWith(`${file}: `))).toEqual([
        expect.stringContaining("no-restricted-imports"),
      ]);
    });

    it("a cycle", () => {
      const cyclic = reported.filter((report) => report.startsWith("src/report/g"));
      expect(cyclic).toEqual([
        expect.stringContaining("no-cycle"),
        expect.stringContaining("no-cycle"),
      ]);
    });

    it.each(ALLOWED)("nothing when $file imports $imports", ({ file }) => {
      expect(reported.filter((report) => report.startsWith(`${file}: `))).toEqual([]);
    });
  });
});
