import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import {
  createHistoryReader,
  type ReaderState,
  traceFromHistory,
} from "../../src/temporal/history.ts";
import { temporalFixture } from "../support/saga-fixtures.ts";
import { engineSuite } from "./engine-suite.ts";

engineSuite({
  engine: "temporal",
  events: ({ name }) => temporalFixture(name).history.events,
  trace: ({ name }, events) => traceFromHistory({ events }, temporalFixture(name), sagaOptions),
  reader({ name }, warnings, state) {
    const { workflowId, runId, namespace } = temporalFixture(name);
    const identity = { engine: "temporal" as const, workflowId, runId, namespace };
    return createHistoryReader(identity, sagaOptions, warnings, state as ReaderState | undefined);
  },
});
