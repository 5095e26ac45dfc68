import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { identityFields } from "./identity-fields.ts";
import { ENGINE_WORDS, VOCABULARY } from "./vocabulary.ts";

test("the names are the vocabulary's", () => {
  const identity = {
    engine: "temporal",
    workflowId: "id",
    runId: "runId",
    firstRunId: "firstRunId",
    workflowType: "type",
    namespace: "namespace",
    taskQueue: "taskQueue",
    stepName: "stepName",
    stepKind: "stepKind",
    stepId: "stepId",
    attempt: 1,
  } as const;
  expect(identityFields(identity)).toEqual({
    [VOCABULARY.engine.key]: "temporal",
    [VOCABULARY.id.key]: "id",
    [VOCABULARY.runId.key]: "runId",
    [VOCABULARY.firstRunId.key]: "firstRunId",
    [VOCABULARY.type.key]: "type",
    [VOCABULARY.namespace.key]: "namespace",
    [VOCABULARY.taskQueue.key]: "taskQueue",
    [VOCABULARY.stepName.key]: "stepName",
    [VOCABULARY.stepKind.key]: "stepKind",
    [VOCABULARY.stepId.key]: "stepId",
    [VOCABULARY.stepAttempt.key]: 1,
  });
});

test("the names that the Lambda wrapper writes out are the vocabulary's", () => {
  const source = readFileSync(new URL("../lambda/invocation.ts", import.meta.url), "utf8");
  expect(source).toContain(`"${VOCABULARY.outcome.key}"`);
  expect(source).toContain(`"${VOCABULARY.redrive.key}"`);
  expect(source).toContain(`"${ENGINE_WORDS.aws_step_functions.runIdAlias}"`);
});

test("what an identity does not know is left out", () => {
  const identity = {
    engine: "temporal",
    workflowId: "w",
    runId: "r",
    namespace: "default",
  } as const;
  expect(Object.keys(identityFields(identity))).toEqual([
    VOCABULARY.engine.key,
    VOCABULARY.id.key,
    VOCABULARY.runId.key,
    VOCABULARY.namespace.key,
  ]);
});
