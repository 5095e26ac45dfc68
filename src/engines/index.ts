export {
  type LambdaContext,
  type LambdaEndpoint,
  type LambdaEndpointOptions,
  type LambdaHandler,
  startLambdaEndpoint,
} from "./lambda-endpoint.ts";
export type { ServerExit } from "./server-process.ts";
export {
  externalLambdaAddress,
  type StepFunctionsEndpoint,
  type StepFunctionsEndpointOptions,
  startStepFunctionsEndpoint,
} from "./step-functions-endpoint.ts";
export {
  startTemporalServer,
  type TemporalServer,
  type TemporalServerOptions,
} from "./temporal-server.ts";
export { describeExit } from "./wait-until-ready.ts";
