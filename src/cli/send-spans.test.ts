import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type ScriptedCollector,
  startScriptedCollector,
} from "../../test/doubles/scripted-collector.ts";
import { sagaFixture } from "../../test/support/saga-fixtures.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { runCommandLine } from "./command-line.ts";

const folder = temporaryFolder();
let collector: ScriptedCollector;
beforeEach(async () => {
  collector = await startScriptedCollector();
});
afterEach(() => collector.stop());

async function durascope(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, ...environment };
  const io = { stdin, stdout, stderr, environment: env, now: Date.now };
  const code = await runCommandLine(args, io);
  stdout.end();
  stderr.end();
  const [out, err] = await printed;
  return { code, out, err };
}

const history = sagaFixture("temporal", "declined");
const send = ["convert", history, "--send"];

describe("convert --send", () => {
  test("sends the spans of a history", async () => {
    const { code, out, err } = await durascope(send);
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toMatch(/orderSaga order-\d+: \d+ spans sent\.\n$/);
    expect(collector.taken()).toContain("chargeCard");
    expect(collector.requests).toHaveLength(1);
  });

  test("without an endpoint that takes them it fails, and says that it may be run again", async () => {
    collector.always({ status: 401 });
    const { code, err } = await durascope(send);
    expect(code).toBe(1);
    expect(err).toMatch(/HTTP 401.*\n.*(\d+) of \1 spans were not sent\.\n.*run it again/s);
  });

  test("what a backend rejects is no success", async () => {
    collector.always({ status: 200, body: '{"partialSuccess":{"rejectedSpans":"2"}}' });
    const { code, err } = await durascope(send);
    expect(code).toBe(1);
    expect(err).toMatch(/2 of \d+ spans were not sent/);
  });

  test.each(["--spool", "DURASCOPE_SPOOL_DIR"])(
    "with %s spans wait, and the next one sends them",
    async (by) => {
      const spool = folder.path("spool");
      const [args, environment] =
        by === "--spool" ? [[...send, "--spool", spool], {}] : [send, { [by]: spool }];
      collector.always({ status: 503 });
      const waiting = await durascope(args, environment);
      expect(waiting.code).toBe(0);
      expect(waiting.err).toContain(
        `spans wait in ${spool}; the next process with this spool sends them.`,
      );
      collector.always({ status: 200 });
      const { code } = await durascope(args, environment);
      expect(code).toBe(0);
      const names = collector.taken();
      expect(names.filter((name) => name === "orderSaga started")).toHaveLength(2);
    },
  );

  test("a spool that cannot be written is said", async () => {
    const { code, err } = await durascope([...send, "--spool", "/dev/null/spool"]);
    expect(code).toBe(1);
    expect(err).toMatch(/The spool \/dev\/null\/spool cannot be written \(ENOTDIR\)/);
  });

  test.each([
    [[...send, "--out", "x"], /--out writes a file, and --send sends/],
    [["convert", history, "--spool", "x"], /Give --send, too/],
  ])("%j is called wrongly", async (args, message) => {
    const { code, err } = await durascope(args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(collector.requests).toEqual([]);
  });
});

describe("doctor", () => {
  test("ends with 0 when all works, and with 1 when something does not", async () => {
    const well = await durascope(["doctor"], { NO_COLOR: "1" });
    expect(well.code).toBe(0);
    expect(well.out).toContain(`✓ ${collector.origin}/v1/traces takes spans (http/json)\n`);
    collector.always({ status: 401 });
    const ill = await durascope(["doctor"], { NO_COLOR: "1" });
    expect(ill.code).toBe(1);
    expect(ill.out).toMatch(/✗ .*HTTP 401.*\n {2}Check the key/);
    expect(ill.err).toBe("durascope: one thing does not work.\n");
  });

  test("--json prints the same as data", async () => {
    const { code, out } = await durascope(["doctor", "--json"]);
    expect(code).toBe(0);
    const printed = JSON.parse(out);
    expect(printed).toMatchObject({ schema: "durascope.doctor/1", ok: true });
    expect(printed.findings).toContainEqual({
      check: "endpoint",
      status: "ok",
      text: `${collector.origin}/v1/traces takes spans (http/json)`,
    });
  });
});
