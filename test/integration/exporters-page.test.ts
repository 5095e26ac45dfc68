// Claim: the programs of docs/exporters.md compile, and the first one sends what it says, and counts it.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startScriptedCollector } from "../doubles/scripted-collector.ts";
import { docSnippet } from "../support/doc-snippet.ts";
import { typeErrors } from "../support/type-check.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("docs/exporters.md", () => {
  // Inside the repository, where `durascope` resolves to the package itself.
  let folder = "";
  beforeAll(() => {
    mkdirSync(join(ROOT, ".durascope"), { recursive: true });
    folder = mkdtempSync(join(ROOT, ".durascope", "exporters-page-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function program(name: string, before = ""): string {
    const path = join(folder, `${name}.ts`);
    writeFileSync(path, `${before}\n${docSnippet("exporters.md", name)}\nexport {};\n`);
    return path;
  }

  const GIVEN: Readonly<Record<string, string>> = {
    "exporters-otlp": "declare const stateMachineArn: string;",
  };

  it.each(["exporters-otlp", "exporters-datadog", "exporters-file", "exporters-memory"])(
    "%s compiles",
    async (name) => {
      expect(await typeErrors(program(name, GIVEN[name]))).toBe("");
    },
  );

  it("the poller's program ends on SIGTERM, and prints its counts", async () => {
    const collector = await startScriptedCollector();
    const path = join(folder, "poller.ts");
    const text = docSnippet("exporters.md", "exporters-otlp").replace(
      "/var/lib/durascope/spool",
      join(folder, "spool"),
    );
    writeFileSync(
      path,
      `const stateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:orders";\n${text}\nprocess.kill(process.pid, "SIGTERM");\n`,
    );
    const { stdout } = await run(process.execPath, [path], {
      timeout: 60_000,
      env: {
        ...process.env,
        NODE_NO_WARNINGS: "1",
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
        // Nobody listens there: the poller counts it, and goes on.
        AWS_ENDPOINT_URL_SFN: "http://127.0.0.1:9",
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "none",
        AWS_SECRET_ACCESS_KEY: "none",
      },
    });
    expect(stdout).toMatch(/exported: 0,\s+rejected: 0,\s+dropped: 0,\s+failed: 0/);
    await collector.stop();
  });
});
