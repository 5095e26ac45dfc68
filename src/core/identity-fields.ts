import type { StepIdentity } from "./identity.ts";

/** Flat fields by the vocabulary's names, on log lines and on spans. */
export type IdentityFields = Record<string, string | number>;

/**
 * The vocabulary's names of what an identity holds, after their common `workflow.`. Written out here, and held against the
 * vocabulary by a test: the table of the vocabulary brings its documentation along, which the bundles of a Lambda function and of
 * a workflow need not carry.
 */
const NAMES: Readonly<Record<keyof StepIdentity, string>> = {
  engine: "engine",
  workflowId: "id",
  runId: "run_id",
  firstRunId: "first_run_id",
  workflowType: "type",
  namespace: "namespace",
  taskQueue: "task_queue",
  stepName: "step.name",
  stepKind: "step.kind",
  stepId: "step.id",
  attempt: "step.attempt",
};

/** What an identity knows, under the vocabulary's names. The object is fresh: the caller may change it. */
export function identityFields(identity: StepIdentity): IdentityFields {
  const fields: IdentityFields = {};
  let name: keyof StepIdentity;
  for (name in NAMES) {
    const value = identity[name];
    if (value !== undefined) fields[`workflow.${NAMES[name]}`] = value;
  }
  return fields;
}
