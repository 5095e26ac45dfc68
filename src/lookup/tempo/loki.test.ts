import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { storyRun } from "../../../test/support/lookup-stories.ts";
import type { RecordedSpan } from "../recorded-run.ts";
import { createLoki } from "./loki.ts";

const { signal } = new AbortController();
const DAY = 24 * 3600 * 1000;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** A Loki that gives one answer to everything, and the questions that it got. */
async function loki(
  answer: unknown,
): Promise<{ asked: URLSearchParams[]; linesOf: ReturnType<typeof createLoki>["linesOf"] }> {
  const asked: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? "", "http://loki").searchParams);
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, ...createLoki({ url }) };
}

function streams(...result: readonly unknown[]): unknown {
  return { status: "success", data: { resultType: "streams", result } };
}

const [SPAN] = storyRun("temporal", { endsAt: 1_795_380_000_000 }).spans;

function spanAt(startTime: number, endTime: number, traceId = "a".repeat(32)): RecordedSpan {
  if (SPAN === undefined) throw new Error("a run without spans");
  return { ...SPAN, traceId, startTime, endTime };
}

describe("Loki", () => {
  test("is asked in nanoseconds for the time of the spans, with a margin", async () => {
    const { asked, linesOf } = await loki(streams());
    await linesOf([spanAt(1e12, 1e12 + 1000), spanAt(1e12 - 5000, 1e12)], signal);
    expect(asked.map((query) => Object.fromEntries(query))).toEqual([
      {
        query: `{service_name=~".+"} | trace_id="${"a".repeat(32)}"`,
        start: "999999695000000000",
        end: "1000003601000000000",
        limit: "5000",
        direction: "forward",
      },
    ]);
  });

  test("is asked for no more than 30 days at once, and it is said", async () => {
    const { asked, linesOf } = await loki(streams());
    const { notes } = await linesOf([spanAt(1e12, 1e12 + 40 * DAY)], signal);
    const [query] = asked;
    const days = (Number(query?.get("end")) - Number(query?.get("start"))) / 1e6 / DAY;
    expect([Math.round(days), notes]).toEqual([
      30,
      ["Loki was asked for the log lines of the first 30 days only."],
    ]);
  });

  test("is asked apart for traces that lie months apart, each for its own time", async () => {
    const { asked, linesOf } = await loki(streams());
    const [old, fresh, beside] = ["a", "b", "c"].map((digit) => digit.repeat(32));
    const later = 1e12 + 90 * DAY;
    const spans = [
      spanAt(later, later + 1000, fresh),
      spanAt(1e12, 1e12 + 1000, old),
      spanAt(later + DAY, later + DAY, beside),
      spanAt(0, 0, fresh),
    ];
    const { notes } = await linesOf(spans, signal);
    const questions = asked.map((query) => [
      query.get("query")?.match(/[0-9a-f]{32}/g),
      Number(query.get("start")) / 1e6,
    ]);
    expect(questions.toSorted(([, a], [, b]) => Number(a) - Number(b))).toEqual([
      [[old], 1e12 - 300_000],
      [[fresh, beside], later - 300_000],
    ]);
    expect(notes).toEqual([]);
  });

  test("is asked for many traces in groups", async () => {
    const { asked, linesOf } = await loki(streams());
    const ids = Array.from({ length: 120 }, (_none, i) => i.toString(16).padStart(32, "0"));
    await linesOf(
      ids.map((traceId) => spanAt(1e12, 1e12, traceId)),
      signal,
    );
    const groups = asked.map((query) => query.get("query")?.match(/[0-9a-f]{32}/g)?.length);
    expect(groups.toSorted((a = 0, b = 0) => a - b)).toEqual([20, 50, 50]);
  });

  test("gives lines whose metadata stands in the stream or beside the line", async () => {
    const { linesOf } = await loki(
      streams(
        {
          stream: { service_name: "shop", detected_level: "warn" },
          values: [
            [
              "1000000000000123456",
              "a",
              { span_id: "b".repeat(16), order_id: "o-1", workflow_run_id: "r" },
            ],
          ],
        },
        { stream: 7, values: [["1", 2], [3, "x"], "y", ["no time", "z"]] },
        { stream: {}, values: "none" },
      ),
    );
    const { logs } = await linesOf([spanAt(1e12, 1e12)], signal);
    expect(logs).toEqual([
      {
        time: 1e12 + 0.123,
        severityNumber: 0,
        severityText: "warn",
        body: "a",
        attributes: { order_id: "o-1", "workflow.run_id": "r" },
        spanId: "b".repeat(16),
        resource: { "service.name": "shop" },
      },
    ]);
  });

  test("that gives as many lines as it may is said to have more", async () => {
    const values = Array.from({ length: 5000 }, (_none, i) => [`${1e18 + i}`, "x"]);
    const { linesOf } = await loki(streams({ stream: {}, values }));
    const { notes } = await linesOf([spanAt(1e12, 1e12)], signal);
    expect(notes).toEqual(["Loki gives 5000 log lines at most: later ones are left out."]);
  });

  test.each(["{}", '{"data":{"result":{}}}', "null", "<html>"])(
    "that answers %s fails, naming what to check",
    async (answer) => {
      const { linesOf } = await loki(answer);
      await expect(linesOf([spanAt(1e12, 1e12)], signal)).rejects.toMatchObject({
        code: "LOOKUP_BAD_ANSWER",
        message: expect.stringContaining("LOKI_URL"),
      });
    },
  );
});
