/**
 * The saga's steps as Lambda functions, one handler a function.
 *
 * The glue is the same for every step: the order and the attempt's number come from the payload that
 * the state machine sends. Errors need none, since Lambda reports an error's `name` as its type, and
 * that is what `Retry` and `Catch` in the state machine look at.
 */
import { type WithWorkflowOptions, withWorkflow } from "durascope/lambda";
import { type Ledger, memoryLedger } from "../shared/ledger.ts";
import { createLog } from "../shared/log.ts";
import type { Order } from "../shared/order.ts";
import {
  allocateShipping,
  chargeCard,
  notifyReviewer,
  refund,
  reserveInventory,
  type Step,
  type StepContext,
} from "../shared/steps.ts";
import { type Approvals, memoryApprovals } from "./approvals.ts";

/** What every state of the state machine sends to its function. */
export interface StepEvent {
  readonly order: Order;
  /** Who is calling: the parts of the Step Functions context object that a trace needs. */
  readonly _wf: {
    /** The execution's ARN. */
    readonly e: string;
    /** The state. `RetryCount` is 0 on the first attempt; `EnteredTime` is ISO 8601. */
    readonly s: {
      readonly Name: string;
      readonly RetryCount: number;
      readonly EnteredTime: string;
    };
    /** How often the execution was redriven. */
    readonly r: number;
  };
}

/** What the state that waits for a reviewer sends. */
export interface ApprovalEvent extends StepEvent {
  readonly taskToken: string;
}

/** A Lambda handler of this saga. */
export type StepHandler<Result, Event = StepEvent> = (event: Event) => Promise<Result>;

/** The handlers of {@link createHandlers}, by the names of their functions and states. */
export interface OrderHandlers {
  readonly reserveInventory: StepHandler<{ reservationId: string }>;
  readonly notifyReviewer: StepHandler<{ noticeId: string }, ApprovalEvent>;
  readonly chargeCard: StepHandler<{ chargeId: string }>;
  readonly allocateShipping: StepHandler<{ shipmentId: string }>;
  readonly refund: StepHandler<{ undone: string[] }>;
}

/** What the functions of one application share. */
export interface HandlerDependencies {
  readonly ledger: Ledger;
  readonly approvals: Approvals;
  readonly log: StepContext["log"];
  /** Options of the tracing wrapper; none is needed. */
  readonly tracing?: WithWorkflowOptions;
}

/** The handlers over the given stores. */
export function createHandlers({
  ledger,
  approvals,
  log,
  tracing,
}: HandlerDependencies): OrderHandlers {
  const handlerOf = <Result, Event extends StepEvent = StepEvent>(
    step: Step<Result>,
    before?: (event: Event) => Promise<void>,
  ): StepHandler<Result, Event> =>
    // Traced: one span an invocation, under the attempt of the state that called it.
    withWorkflow(async (event: Event) => {
      await before?.(event);
      const { order, _wf: caller } = event;
      return step(order, { attempt: caller.s.RetryCount + 1, ledger, log });
    }, tracing);
  return {
    reserveInventory: handlerOf(reserveInventory),
    // The token is kept before the reviewer hears of the order: an answer cannot come too early.
    notifyReviewer: handlerOf(notifyReviewer, (event: ApprovalEvent) =>
      approvals.keep(event.order.orderId, event.taskToken),
    ),
    chargeCard: handlerOf(chargeCard),
    allocateShipping: handlerOf(allocateShipping),
    refund: handlerOf(refund),
  };
}

/**
 * The handlers that AWS Lambda loads (`index.handlers.chargeCard` and so on).
 *
 * Their stores live in the memory of one function instance; a real deployment passes its tables here.
 */
export const handlers: OrderHandlers = createHandlers({
  ledger: memoryLedger(),
  approvals: memoryApprovals(),
  log: createLog(),
});
