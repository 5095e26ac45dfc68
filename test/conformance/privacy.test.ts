import { describe, expect, it } from "vitest";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import { scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import type { Result } from "../../src/core/result.ts";
import { spansOf, type WorkflowTrace } from "../../src/index.ts";
import { traceFromHistory as executionTrace } from "../../src/stepfunctions/history.ts";
import type { HistoryEvent } from "../../src/stepfunctions/history-event.ts";
import { traceFromHistory as workflowTrace } from "../../src/temporal/history.ts";
import { stepFunctionsFixture, temporalFixture } from "../support/saga-fixtures.ts";
import { hasCorpus, readCorpus, skipNote } from "./recordings.ts";
import { leaksInto, secretsOf } from "./secrets.ts";

const ARN = "arn:aws:states:us-east-1:123456789012:execution:machine:corpus";

function leaks(result: Result<WorkflowTrace>, secrets: ReadonlySet<string>): readonly string[] {
  if (!result.ok) throw new Error(result.error.message);
  return leaksInto(spansOf(result.value), secrets);
}

const noTemporal = !hasCorpus("temporal");
const noStepFunctions = !hasCorpus("stepfunctions");

describe("no payload, header, memo, cause, stack trace or task token of a recording is in its spans", () => {
  it.each(scenarios)("$name on Temporal", ({ name }) => {
    const { workflowId, runId, namespace, history } = temporalFixture(name);
    const secrets = secretsOf(history.events, [workflowId, runId, namespace]);
    expect(secrets.size).toBeGreaterThan(0);
    const identity = { workflowId, runId, namespace };
    expect(leaks(workflowTrace(history, identity, sagaOptions), secrets)).toEqual([]);
  });

  it.each(scenarios)("$name on Step Functions", ({ name }) => {
    const { executionArn, events } = stepFunctionsFixture(name);
    const secrets = secretsOf(events, [executionArn]);
    expect(secrets.size).toBeGreaterThan(0);
    const history = { events: events as readonly HistoryEvent[] };
    expect(leaks(executionTrace(history, { executionArn }, sagaOptions), secrets)).toEqual([]);
  });

  it.skipIf(noTemporal)(`the corpus of Temporal histories${skipNote("temporal")}`, () => {
    const identity = { workflowId: "corpus", runId: "run" };
    for (const { scenario, events } of readCorpus("temporal")) {
      const found = leaks(workflowTrace({ events }, identity), secretsOf(events, []));
      expect({ scenario, found }).toEqual({ scenario, found: [] });
    }
  });

  it.skipIf(noStepFunctions)(`the corpus of Step Functions${skipNote("stepfunctions")}`, () => {
    for (const { scenario, events } of readCorpus("stepfunctions")) {
      const history = { events: events as readonly HistoryEvent[] };
      const secrets = secretsOf(events, [ARN]);
      const found = leaks(executionTrace(history, { executionArn: ARN }), secrets);
      expect({ scenario, found }).toEqual({ scenario, found: [] });
    }
  });
});

it("notices a payload that did get out", () => {
  const { workflowId, runId, namespace, history } = temporalFixture("approved");
  const result = workflowTrace(
    history,
    { workflowId, runId, namespace },
    { businessKeys: () => ({ leaked: "payload of approved" }) },
  );
  expect(leaks(result, new Set(["payload of approved"]))).toEqual(["payload of approved"]);
});

it("looks into payloads, JSON in JSON, headers and stack traces", () => {
  const secrets = secretsOf(
    [
      {
        name: "open text",
        input: '{"a":"deep secret","b":"open text"}',
        output: '{"nested":"{\\"c\\":\\"deeper secret\\"}"}',
        header: { fields: { h: { data: btoa('"header secret"') } } },
        failure: { message: "told", stackTrace: "at secret.ts", cause: { message: "told too" } },
        taskToken: "AQC8token",
      },
    ],
    [],
  );
  for (const text of ["deep secret", "deeper secret", "header secret", "at secret.ts", "AQC8token"])
    expect(secrets).toContain(text);
  for (const text of ["open text", "told", "told too"]) expect(secrets).not.toContain(text);
});
