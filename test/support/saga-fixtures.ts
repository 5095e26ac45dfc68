import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ScenarioName, scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import type { PlainEvent } from "../doubles/fake-step-functions.ts";

/** Engines whose histories of the order saga are recorded, by their folders. */
export type FixtureEngine = "temporal" | "stepfunctions";

/** The recorded history of a scenario of the order saga on Temporal. */
export interface TemporalFixture {
  readonly workflowId: string;
  readonly runId: string;
  readonly namespace: string;
  readonly history: { readonly events: readonly unknown[] };
}

/** The recorded history of a scenario of the order saga on Step Functions. */
export interface StepFunctionsFixture {
  readonly executionArn: string;
  readonly events: readonly (PlainEvent & Readonly<Record<string, unknown>>)[];
}

/** Names of all scenarios; each is recorded on both engines. */
export const SCENARIO_NAMES: readonly ScenarioName[] = scenarios.map(({ name }) => name);

/** Path of a recorded history of the order saga. */
export function sagaFixture(engine: FixtureEngine, name: string): string {
  return fileURLToPath(new URL(`../fixtures/${engine}/${name}.json`, import.meta.url));
}

/** Reads what was recorded of a scenario on a real Temporal server. */
export function temporalFixture(name: string): TemporalFixture {
  return JSON.parse(readFileSync(sagaFixture("temporal", name), "utf8"));
}

/** Reads what was recorded of a scenario on a real Step Functions endpoint. */
export function stepFunctionsFixture(name: string): StepFunctionsFixture {
  return JSON.parse(readFileSync(sagaFixture("stepfunctions", name), "utf8"));
}
