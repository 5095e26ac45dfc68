/**
 * The saga on a Step Functions endpoint of this machine: the endpoint, the functions, the state
 * machine, and a way to stop them.
 *
 * It does what CloudFormation and Lambda do on AWS. Nothing of the saga itself is different: the
 * state machine is the template's own, the functions are the handlers that the template deploys.
 */
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import {
  externalLambdaAddress,
  type LambdaHandler,
  type StepFunctionsEndpoint,
  startLambdaEndpoint,
  startStepFunctionsEndpoint,
} from "../../../src/engines/index.ts";
import type { OrderHandlers } from "./handlers.ts";
import {
  LOCAL_ACCOUNT,
  orderSagaTemplate,
  type PlainStateMachine,
  plainStateMachine,
} from "./synth.ts";

/** An endpoint with the saga deployed on it. */
export interface LocalStepFunctions {
  readonly endpoint: StepFunctionsEndpoint;
  readonly sfn: SFNClient;
  readonly stateMachineArn: string;
  /** Stops the functions and the endpoint. */
  stop(): Promise<void>;
}

/** Starts an endpoint, or takes the one of `AWS_ENDPOINT_URL_SFN`, and deploys the saga on it. */
export async function startLocalStepFunctions(
  handlers: OrderHandlers,
): Promise<LocalStepFunctions> {
  // An endpoint that already runs was told at its start where the functions are.
  const address = externalLambdaAddress();
  const functions = await startLambdaEndpoint(localFunctions(handlers), address);
  const starting = startStepFunctionsEndpoint({ lambdaEndpoint: functions.endpoint });
  try {
    // Synthesis takes as long as the start of an endpoint, so it runs meanwhile. It keeps this process from listening,
    // which an endpoint that is only looked for would not survive.
    if (address !== undefined) await starting;
    const [endpoint, machine] = await Promise.all([starting, synthesised()]);
    const sfn = new SFNClient({
      endpoint: endpoint.endpoint,
      region: LOCAL_ACCOUNT.region,
      // A local endpoint takes any; a client without them would look for real ones.
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const stateMachineArn = await createStateMachine(sfn, machine);
    return {
      endpoint,
      sfn,
      stateMachineArn,
      async stop() {
        sfn.destroy();
        await endpoint.stop();
        await functions.stop();
      },
    };
  } catch (error) {
    await starting.then(
      (endpoint) => endpoint.stop(),
      () => undefined,
    );
    await functions.stop();
    throw error;
  }
}

/** The handlers as a local Lambda endpoint calls them: with whatever JSON arrives as the event. */
function localFunctions(handlers: OrderHandlers): Record<string, LambdaHandler> {
  return Object.fromEntries(Object.entries(handlers));
}

async function synthesised(): Promise<PlainStateMachine> {
  return plainStateMachine(orderSagaTemplate());
}

async function createStateMachine(
  sfn: SFNClient,
  { name, definition }: PlainStateMachine,
): Promise<string> {
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name,
      definition,
      roleArn: `arn:aws:iam::${LOCAL_ACCOUNT.account}:role/${name}`,
    }),
  );
  if (stateMachineArn === undefined) throw new Error(`the endpoint gave no ARN for ${name}`);
  return stateMachineArn;
}
