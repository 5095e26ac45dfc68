/**
 * The order saga as a CDK stack: five Lambda functions and the state machine that calls them.
 *
 * Read the state machine from the bottom of the constructor: reserve, perhaps wait for a reviewer,
 * charge, ship; and whatever goes wrong after the reservation leads to the one state `refund`.
 */
import { Duration, Stack, type StackProps } from "aws-cdk-lib";
import { type Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import {
  Choice,
  Condition,
  DefinitionBody,
  Fail,
  type IChainable,
  IntegrationPattern,
  JsonPath,
  Pass,
  Result,
  type RetryProps,
  StateMachine,
  Succeed,
  TaskInput,
  Timeout,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke, type LambdaInvokeProps } from "aws-cdk-lib/aws-stepfunctions-tasks";
import { Construct } from "constructs";
import { RETRY, TRANSIENT_FAILURES } from "../shared/failures.ts";
import { APPROVAL_THRESHOLD_CENTS, type OrderResult, type StepName } from "../shared/order.ts";

/** What the stack needs beside what every stack takes. */
export interface OrderSagaStackProps extends StackProps {
  /** The bundled `handlers.ts`, as `index.js`. */
  readonly code: Code;
}

/** The saga's functions and its state machine, both named as the steps are. */
export class OrderSagaStack extends Stack {
  /** The saga itself: grant a caller `grantStartExecution` on it, and a reviewer `grantTaskResponse`. */
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { code, ...props }: OrderSagaStackProps) {
    super(scope, id, props);
    const functions = new Construct(this, "functions");

    /** A state that calls the function of its own name with the order and with who is calling. */
    const task = (
      step: StepName,
      options: Partial<LambdaInvokeProps> = {},
      payload: Readonly<Record<string, unknown>> = {},
    ): LambdaInvoke =>
      new LambdaInvoke(this, step, {
        lambdaFunction: new LambdaFunction(functions, step, {
          functionName: step,
          runtime: Runtime.NODEJS_24_X,
          code,
          handler: `index.handlers.${step}`,
          timeout: Duration.minutes(1),
        }),
        payload: TaskInput.fromObject({
          order: JsonPath.objectAt("$.order"),
          _wf: {
            e: JsonPath.stringAt("$$.Execution.Id"),
            s: JsonPath.objectAt("$$.State"),
            r: JsonPath.numberAt("$$.Execution.RedriveCount"),
          },
          ...payload,
        }),
        // The default would add retries of the CDK's own to the ones that are said below.
        retryOnServiceExceptions: false,
        ...options,
      });
    const retry: RetryProps = {
      errors: [...TRANSIENT_FAILURES],
      interval: Duration.seconds(RETRY.firstDelaySeconds),
      backoffRate: RETRY.backoffRate,
      maxAttempts: RETRY.retries,
    };

    const reserveInventory = task("reserveInventory", { resultPath: JsonPath.DISCARD });
    const chargeCard = task("chargeCard", { resultPath: JsonPath.DISCARD });
    const allocateShipping = task("allocateShipping", { resultPath: JsonPath.DISCARD });
    const refund = task("refund", { resultPath: JsonPath.DISCARD });
    for (const state of [reserveInventory, chargeCard, allocateShipping, refund]) {
      state.addRetry(retry);
    }
    // Parked until somebody answers with the token, or until the time given at the start is over.
    const notifyReviewer = task(
      "notifyReviewer",
      {
        integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
        taskTimeout: Timeout.at("$.approvalTimeoutSeconds"),
        resultPath: "$.decision",
      },
      { taskToken: JsonPath.taskToken },
    );

    // Silence is an answer: no failure is kept, so the way out of the refund is `rejected`.
    notifyReviewer.addCatch(refund, { errors: ["States.Timeout"], resultPath: JsonPath.DISCARD });
    for (const state of [notifyReviewer, chargeCard, allocateShipping]) {
      state.addCatch(refund, { errors: ["States.ALL"], resultPath: "$.failure" });
    }

    // Both good ends give the same result that the Temporal workflow returns.
    const done = new Succeed(this, "done");
    const end = (status: OrderResult["status"]): IChainable =>
      new Pass(this, status, { result: Result.fromObject({ status }) }).next(done);
    refund.next(
      new Choice(this, "compensated")
        .when(
          Condition.isPresent("$.failure"),
          new Fail(this, "failed", { errorPath: "$.failure.Error", causePath: "$.failure.Cause" }),
        )
        .otherwise(end("rejected")),
    );
    chargeCard.next(allocateShipping).next(end("fulfilled"));
    notifyReviewer.next(
      new Choice(this, "decided")
        .when(Condition.booleanEquals("$.decision.approved", true), chargeCard)
        .otherwise(refund),
    );
    reserveInventory.next(
      new Choice(this, "priced")
        .when(
          Condition.numberGreaterThan("$.order.cents", APPROVAL_THRESHOLD_CENTS),
          notifyReviewer,
        )
        .otherwise(chargeCard),
    );

    this.stateMachine = new StateMachine(this, "orderSaga", {
      stateMachineName: "orderSaga",
      definitionBody: DefinitionBody.fromChainable(reserveInventory),
      timeout: Duration.days(7),
    });
  }
}
