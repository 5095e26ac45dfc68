import { describe, expect, it } from "vitest";
import { openTrace } from "../../test/support/open-trace.ts";
import type { Metered } from "../telemetry/meter.ts";
import { openRuns } from "../telemetry/open-runs.ts";
import type { AskAboutRun } from "./server-questions.ts";
import { silentRuns } from "./silent-runs.ts";

const MINUTE = 60_000;
const status = (value: unknown, closeTime?: object): object => ({
  workflowExecutionInfo: { status: value, closeTime },
});

describe("runs that have been silent", () => {
  function setUp(
    describeRun: AskAboutRun,
    hasProvider = true,
  ): {
    open: ReturnType<typeof openRuns>;
    recorded: Metered[];
    look: () => Promise<void>;
    pass: (ms: number) => void;
  } {
    let now = 0;
    const open = openRuns(() => now);
    const recorded: Metered[] = [];
    const silent = silentRuns(open, describeRun, {
      enabled: () => hasProvider,
      record: (values) => void recorded.push(...values),
    });
    return { open, recorded, look: () => silent.look(), pass: (ms) => void (now += ms) };
  }

  it("are asked about after five minutes, and stay while they run", async () => {
    const asked: unknown[] = [];
    const { open, look, pass } = setUp(async (run) => {
      asked.push([run.namespace, run.workflowId, run.runId]);
      return status(1);
    });
    open.told(openTrace("one"), 0);
    await look();
    expect(asked).toEqual([]);
    pass(5 * MINUTE);
    await Promise.all([look(), look()]);
    expect(asked).toEqual([["shop", "id of one", "one"]]);
    pass(MINUTE);
    await look();
    expect(asked).toHaveLength(1);
    expect(open.size).toBe(1);
  });

  it("are not asked about where no MeterProvider shows them", async () => {
    let asked = 0;
    const { open, look, pass } = setUp(async () => void (asked += 1), false);
    open.told(openTrace("one"), 0);
    pass(5 * MINUTE);
    await look();
    expect(asked).toBe(0);
  });

  it("are forgotten once they have ended elsewhere, without being counted again", async () => {
    const { open, recorded, look, pass } = setUp(async () => status(2));
    open.told(openTrace("one"), 0);
    pass(5 * MINUTE);
    await look();
    expect(open.size).toBe(0);
    expect(recorded).toEqual([]);
  });

  it.each([
    [5, "terminated"],
    [7, "timed_out"],
  ])("are counted when the server ended them: status %i is %s", async (value, outcome) => {
    const { open, recorded, look, pass } = setUp(async () =>
      status(value, { seconds: 61, nanos: 0 }),
    );
    open.told(openTrace("one"), 0);
    pass(5 * MINUTE);
    await look();
    const labels = {
      "workflow.engine": "temporal",
      "workflow.type": "saga",
      "workflow.outcome": outcome,
    };
    expect(recorded).toEqual([
      { instrument: "closed", value: 1, labels },
      { instrument: "duration", value: 60, labels },
    ]);
    expect(open.size).toBe(0);
  });

  it("that ended at an unknown time have no duration", async () => {
    const { open, recorded, look, pass } = setUp(async () => status(5));
    open.told(openTrace("one"), 0);
    pass(5 * MINUTE);
    await look();
    expect(recorded.map(({ instrument }) => instrument)).toEqual(["closed"]);
  });

  describe("that another worker may have gone on with", () => {
    /** Looks as often as there are answers, and says whether the run is followed still. */
    async function followed(
      answers: readonly object[],
      between: (open: ReturnType<typeof openRuns>) => void = () => undefined,
    ): Promise<boolean> {
      const rest = [...answers];
      const { open, look, pass, recorded } = setUp(async () => rest.shift());
      open.told(openTrace("one"), 0);
      for (let i = 0; i < answers.length; i += 1) {
        pass(5 * MINUTE);
        // oxlint-disable-next-line no-await-in-loop -- one look after the other
        await look();
        between(open);
      }
      expect([rest, recorded]).toEqual([[], []]);
      return open.size === 1;
    }
    const of = (historyLength: unknown, pendingWorkflowTask: object | null = null): object => ({
      workflowExecutionInfo: { status: 1, historyLength },
      pendingWorkflowTask,
    });

    it("are forgotten when their histories grow without a word to this one", async () => {
      expect(await followed([of(10), of({ low: 13, high: 0 })])).toBe(false);
    });

    it("stay while nothing happens to them, or the server does not say", async () => {
      expect(await followed([of(10), of(10), of(10)])).toBe(true);
      expect(await followed([of(undefined), of(20)])).toBe(true);
    });

    it("stay where this worker was told of them meanwhile", async () => {
      const tell = (open: ReturnType<typeof openRuns>): void => void open.told(openTrace("one"), 0);
      expect(await followed([of(10), of(13), of(16)], tell)).toBe(true);
    });

    it("stay while a workflow task is pending: one that fails again and again is nobody's", async () => {
      expect(await followed([of(10), of(13, { attempt: 4 })])).toBe(true);
    });

    it("stay when they are told of while the server is asked", async () => {
      let lengthNow = 10;
      const { open, look, pass } = setUp(async () => {
        if (lengthNow > 10) open.told(openTrace("one"), 0);
        return of(lengthNow);
      });
      open.told(openTrace("one"), 0);
      pass(5 * MINUTE);
      await look();
      lengthNow = 13;
      pass(5 * MINUTE);
      await look();
      expect(open.size).toBe(1);
    });
  });

  it("are forgotten when the server knows them no more, and kept when it cannot say", async () => {
    const errors = [
      Object.assign(new Error("not found"), { code: 5 }),
      Object.assign(new Error("denied"), { code: 7 }),
    ];
    const { open, look, pass } = setUp(async () => {
      throw errors.shift() ?? new Error("broken");
    });
    open.told(openTrace("gone"), 0);
    open.told(openTrace("denied"), 0);
    open.told(openTrace("broken"), 0);
    pass(5 * MINUTE);
    await look();
    expect(open.size).toBe(2);
  });

  it("are asked about in portions, the most silent first", async () => {
    const asked: string[] = [];
    const { open, look, pass } = setUp(async ({ runId }) => {
      asked.push(runId);
      return undefined;
    });
    for (let i = 0; i < 40; i += 1) {
      open.told(openTrace(`run ${i}`), 0);
      pass(1);
    }
    pass(5 * MINUTE);
    await look();
    expect(asked).toHaveLength(30);
    expect(asked[0]).toBe("run 0");
    await look();
    expect(asked.slice(30)).toEqual(Array.from({ length: 10 }, (_, i) => `run ${i + 30}`));
  });
});
