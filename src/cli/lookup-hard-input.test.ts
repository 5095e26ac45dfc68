import { writeFile } from "node:fs/promises";
import { Readable, Writable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mutated } from "../../test/generators/mutated-json.ts";
import {
  foreignSpan,
  logRequest,
  rootOf,
  spanRequest,
  storyRun,
  withLink,
} from "../../test/support/lookup-stories.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { runCommandLine } from "./command-line.ts";

const folder = temporaryFolder();

async function lookup(id: string, ...options: readonly string[]): Promise<[number, string]> {
  let text = "";
  const stream = (): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
  const code = await runCommandLine(["lookup", id, "--all", ...options], {
    stdin: Readable.from([]),
    stdout: stream(),
    stderr: stream(),
    environment: { DURASCOPE_FILE: folder.path("spans.jsonl"), GRAFANA_URL: "http://grafana.test" },
    now: Date.now,
  });
  return [code, text];
}

const caller = foreignSpan("POST /orders", "shop", 1e12);
const parent = storyRun("temporal", { scenario: "declined" });
const run = withLink(
  withLink(storyRun("stepfunctions", { scenario: "undeliverable" }), caller, "caller"),
  rootOf(parent),
  "parent",
);
const line = {
  time: 1e12,
  severityNumber: 9,
  severityText: "info",
  body: "charged",
  attributes: { "workflow.step.name": "chargeCard" },
  traceId: run.traceId,
};
/** Spans as OTLP/JSON writes them, which stand too deep in a request for most changes to meet them. */
function spansOf(request: string): readonly unknown[] {
  const parsed = JSON.parse(request) as {
    resourceSpans: { scopeSpans: { spans: unknown[] }[] }[];
  };
  return parsed.resourceSpans.flatMap((group) => group.scopeSpans.flatMap(({ spans }) => spans));
}

const spans = spansOf(spanRequest([...run.spans, ...parent.spans, caller]));
const requests: readonly unknown[] = [spanRequest(run.spans), logRequest([line])].map(
  (request) => JSON.parse(request) as unknown,
);

test("spans and log lines that somebody tampered with are found or not, and never a crash", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(
        mutated(spans).map((changed) => ({
          resourceSpans: [{ scopeSpans: [{ spans: changed }] }],
        })),
        ...requests.map((request) => mutated(request)),
      ),
      fc.constantFrom(run.workflowId, run.runId, run.traceId, "9".repeat(30), "constructor"),
      async (lines, id) => {
        const text = lines.map((request) => `${JSON.stringify(request)}\n`).join("");
        await writeFile(folder.path("spans.jsonl"), text);
        const [code, out] = await lookup(id);
        expect(out).not.toContain("Something unforeseen");
        expect([0, 3]).toContain(code);
        expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
        const [jsonCode, json] = await lookup(id, "--json");
        expect(jsonCode).toBe(code);
        const schema = code === 0 ? (JSON.parse(json) as { schema: unknown }).schema : undefined;
        expect(schema).toBe(code === 0 ? "durascope.lookup/1" : undefined);
      },
    ),
    { numRuns: 200 },
  );
}, 120_000);

test("JSON that is no OTLP is passed over", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.json(), { maxLength: 5 }), async (lines) => {
      await writeFile(folder.path("spans.jsonl"), lines.join("\n"));
      const [code, out] = await lookup("order-1");
      expect([code, out.includes("Something unforeseen")]).toEqual([3, false]);
    }),
    { numRuns: 50 },
  );
});
