/**
 * The saga's logger: one JSON line an entry, the same for workers and Lambda functions.
 *
 * Steps log what they did and never payloads, card data or task tokens. The ids that tie a line to
 * its workflow come from a pino `mixin`, so no step has to pass them along.
 */
import { workflowMixin } from "durascope/correlation";
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

const options: LoggerOptions = { name: "order-saga", mixin: workflowMixin() };

/**
 * The logger that the steps write to.
 *
 * @param destination Where the lines go. @default standard output
 */
export function createLog(destination?: DestinationStream): Logger {
  return destination === undefined ? pino(options) : pino(options, destination);
}
