import type { StepIdentity } from "../core/identity.ts";

/** Flat fields by the vocabulary's names, on log lines and on spans. */
export type IdentityFields = Record<string, string | number>;

/**
 * The vocabulary's names of what an identity holds. Written out here, and held against the vocabulary by a test: the table of the
 * vocabulary brings its documentation along, which a Lambda bundle need not carry.
 */
const NAMES: Readonly<Record<keyof StepIdentity, string>> = {
  engine: "workflow.engine",
  workflowId: "workflow.id",
  runId: "workflow.run_id",
  firstRunId: "workflow.first_run_id",
  workflowType: "workflow.type",
  namespace: "workflow.namespace",
  taskQueue: "workflow.task_queue",
  stepName: "workflow.step.name",
  stepKind: "workflow.step.kind",
  stepId: "workflow.step.id",
  attempt: "workflow.step.attempt",
};

/** What an identity knows, under the vocabulary's names. The object is fresh: the caller may change it. */
export function identityFields(identity: StepIdentity): IdentityFields {
  const fields: IdentityFields = {};
  let name: keyof StepIdentity;
  for (name in NAMES) {
    const value = identity[name];
    if (value !== undefined) fields[NAMES[name]] = value;
  }
  return fields;
}
