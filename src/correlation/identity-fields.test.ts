import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ENGINE_WORDS, VOCABULARY } from "../core/vocabulary.ts";
import { identityFields } from "./identity-fields.ts";
import { INSTRUMENTATION_SCOPE } from "./instrumentation-scope.ts";

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

test("the scope's version is the package's", () => {
  const manifest: { version?: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(INSTRUMENTATION_SCOPE.version).toBe(manifest.version);
});
