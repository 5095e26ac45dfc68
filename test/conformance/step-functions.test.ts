import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import {
  createHistoryReader,
  type ReaderState,
  runIdentity,
  traceFromHistory,
} from "../../src/stepfunctions/history.ts";
import { stepFunctionsFixture } from "../support/saga-fixtures.ts";
import { engineSuite } from "./engine-suite.ts";

engineSuite({
  engine: "aws_step_functions",
  events: ({ name }) => stepFunctionsFixture(name).events,
  trace: ({ name }, events) =>
    traceFromHistory({ events }, stepFunctionsFixture(name), sagaOptions),
  reader({ name }, warnings, state) {
    const identity = runIdentity(stepFunctionsFixture(name).executionArn);
    if (identity === undefined) throw new Error(`the fixture ${name} holds no execution ARN`);
    return createHistoryReader(identity, sagaOptions, warnings, state as ReaderState | undefined);
  },
});
