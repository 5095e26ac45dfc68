/** What goes wrong in workflows. */
import { type Alert, type FiringAlert, seriesText } from "./alert.ts";
import { events, maxBy, quantile, sumBy } from "./promql.ts";
import { BAD_ENDS, FOR_AN_ANSWER, isNot, LABEL, select, seriesName } from "./series.ts";

const BY_TYPE = [LABEL.engine, LABEL.type];
const TYPE = `{{ $labels.${LABEL.type} }}`;
const ENGINE = `{{ $labels.${LABEL.engine} }}`;
const STEP = `{{ $labels.${LABEL.step} }}`;

/** A series of the order saga on Temporal, with further labels. */
function saga(name: string, labels: Readonly<Record<string, string>> = {}): string {
  return seriesText(name, { ...SAGA, ...labels, instance: "worker-1" });
}

const SAGA = { [LABEL.engine]: "temporal", [LABEL.type]: "orderSaga" };
const REFUND = { [LABEL.step]: "refund" };
const CHARGE = { [LABEL.step]: "chargeCard", [LABEL.errorType]: "GatewayTimeout" };
const LAMBDA = { [LABEL.engine]: "aws_step_functions" };
const QUEUE = { [LABEL.taskQueue]: "order-saga" };

const FAILED_REFUND = saga(seriesName("compensations"), { ...REFUND, [LABEL.outcome]: "failed" });

const REFUND_FAILED =
  "On temporal a compensation ended otherwise than completed: something is half done, and nothing undoes it any more. Find the run by its failed step refund, and finish it by hand: the alert ends by itself after 4 hours, done or not.";

const UNDONE: FiringAlert = {
  labels: { ...SAGA, ...REFUND },
  summary: "refund of orderSaga did not undo what it should",
  description: REFUND_FAILED,
};

const compensationFailed: Alert = {
  name: "CompensationFailed",
  promql: `${sumBy([...BY_TYPE, LABEL.step], events(select("compensations", [isNot("outcome", "completed")]), "15m"))} > 0`,
  lasting: "0m",
  staying: "4h",
  severity: "critical",
  summary: `${STEP} of ${TYPE} did not undo what it should`,
  description: `On ${ENGINE} a compensation ended otherwise than completed: something is half done, and nothing undoes it any more. Find the run by its failed step ${STEP}, and finish it by hand: the alert ends by itself after 4 hours, done or not.`,
  dashboard: "sagas",
  cases: [
    {
      name: "fires at the first failure of a series that was not there before",
      series: { [FAILED_REFUND]: "_x90 1x30" },
      at: "95m",
      fires: UNDONE,
    },
    {
      name: "fires though the process that told of it was replaced a minute later",
      series: { [FAILED_REFUND]: "_x91 1 stale" },
      at: "95m",
      fires: UNDONE,
    },
    {
      name: "still fires hours later: nobody undoes it meanwhile",
      series: { [FAILED_REFUND]: "_x90 1x400" },
      at: "330m",
      fires: UNDONE,
    },
    {
      name: "ends after 4 hours",
      series: { [FAILED_REFUND]: "_x90 1x400" },
      at: "360m",
    },
    {
      name: "is silent about a failure of yesterday",
      series: { [FAILED_REFUND]: "1x360" },
      at: "360m",
    },
    {
      name: "is silent after half an hour in which Prometheus itself was away",
      series: { [FAILED_REFUND]: "1x330 _x30 1x30" },
      at: "370m",
    },
    {
      name: "is silent about compensations that worked",
      series: {
        [saga(seriesName("compensations"), { ...REFUND, [LABEL.outcome]: "completed" })]: "0+1x120",
      },
      at: "120m",
    },
  ],
};

const closedByType = sumBy(BY_TYPE, events(select("closed"), "1h"));

const failureRatio: Alert = {
  name: "FailureRatioHigh",
  promql: `${sumBy(BY_TYPE, events(select("closed", [BAD_ENDS]), "1h"))} / ${closedByType} > 0.2 and ${closedByType} >= 10`,
  lasting: "10m",
  severity: "warning",
  summary: `{{ $value | humanizePercentage }} of ${TYPE} fail`,
  description: `On ${ENGINE} more than a fifth of the runs of ${TYPE} that closed in the last hour failed, timed out, were terminated or aborted. Look which step does not complete.`,
  dashboard: "workflow",
  cases: [
    {
      name: "fires when half of the runs fail",
      series: {
        [saga(seriesName("closed"), { [LABEL.outcome]: "failed" })]: "0+1x180",
        [saga(seriesName("closed"), { [LABEL.outcome]: "completed" })]: "0+1x180",
      },
      at: "120m",
      fires: {
        labels: SAGA,
        summary: "50% of orderSaga fail",
        description:
          "On temporal more than a fifth of the runs of orderSaga that closed in the last hour failed, timed out, were terminated or aborted. Look which step does not complete.",
      },
    },
    {
      name: "is silent when one run in ten fails",
      series: {
        [saga(seriesName("closed"), { [LABEL.outcome]: "failed" })]: "0+1x180",
        [saga(seriesName("closed"), { [LABEL.outcome]: "completed" })]: "0+9x180",
      },
      at: "120m",
    },
    {
      name: "is silent when one of two runs fails: two are no ratio",
      series: {
        [saga(seriesName("closed"), { [LABEL.outcome]: "failed" })]: "0x100 1x80",
        [saga(seriesName("closed"), { [LABEL.outcome]: "completed" })]: "0x100 1x80",
      },
      at: "130m",
    },
  ],
};

const stuck: Alert = {
  name: "RunStuck",
  promql: `${maxBy(BY_TYPE, select("openAgeMax"))} > 4 * 86400`,
  lasting: "10m",
  severity: "warning",
  summary: `A run of ${TYPE} has been open for {{ $value | humanizeDuration }}`,
  description: `On ${ENGINE} the oldest open run of ${TYPE} is more than 4 days old. If that is not usual for it: look what it waits for, and whether its workers run.`,
  dashboard: "workflow",
  cases: [
    {
      name: "fires when the oldest run is 5 days old",
      series: { [saga(seriesName("openAgeMax"))]: "432000+60x30" },
      at: "20m",
      fires: {
        labels: SAGA,
        summary: "A run of orderSaga has been open for 5d 0h 20m 0s",
        description:
          "On temporal the oldest open run of orderSaga is more than 4 days old. If that is not usual for it: look what it waits for, and whether its workers run.",
      },
    },
    {
      name: "is silent when the oldest run is 3 days old: an approval may take that long",
      series: { [saga(seriesName("openAgeMax"))]: "259200+60x30" },
      at: "20m",
    },
  ],
};

const approvals: Alert = {
  name: "WaitingTooLong",
  promql: `${maxBy(BY_TYPE, select("openAgeMax"))} > 86400 and on (${BY_TYPE.join(", ")}) ${sumBy(BY_TYPE, select("waiting", [FOR_AN_ANSWER]))} > 0`,
  lasting: "15m",
  severity: "info",
  summary: `${TYPE} waits for an answer, its oldest run for {{ $value | humanizeDuration }} at most`,
  description: `On ${ENGINE} runs of ${TYPE} wait for an answer, and the oldest open run began more than a day ago. Remind whoever answers, before the time runs out. A timer that nobody has to answer looks the same: leave its name out of the rule.`,
  dashboard: "waits",
  cases: [
    {
      name: "fires when a run that waits is 2 days old",
      series: {
        [saga(seriesName("openAgeMax"))]: "172800+60x30",
        [saga(seriesName("waiting"), { [LABEL.step]: "approval", [LABEL.waitKind]: "signal" })]:
          "1x30",
      },
      at: "20m",
      fires: {
        labels: SAGA,
        summary: "orderSaga waits for an answer, its oldest run for 2d 0h 20m 0s at most",
        description:
          "On temporal runs of orderSaga wait for an answer, and the oldest open run began more than a day ago. Remind whoever answers, before the time runs out. A timer that nobody has to answer looks the same: leave its name out of the rule.",
      },
    },
    {
      name: "is silent when an old run works, and waits for nothing",
      series: { [saga(seriesName("openAgeMax"))]: "172800+60x30" },
      at: "20m",
    },
    {
      name: "is silent when a run has waited for an hour",
      series: {
        [saga(seriesName("openAgeMax"))]: "3600+60x30",
        [saga(seriesName("waiting"), { [LABEL.step]: "approval", [LABEL.waitKind]: "signal" })]:
          "1x30",
      },
      at: "20m",
    },
  ],
};

const retryStorm: Alert = {
  name: "RetryStorm",
  promql: `${sumBy([...BY_TYPE, LABEL.step, LABEL.errorType], events(select("stepRetries"), "10m"))} > 50`,
  lasting: "5m",
  severity: "warning",
  summary: `${STEP} of ${TYPE} is retried again and again: {{ $labels.${LABEL.errorType} }}`,
  description: `On ${ENGINE} ${STEP} was retried more than 50 times in 10 minutes, always for {{ $labels.${LABEL.errorType} }}. Look at what it calls; every retry costs.`,
  dashboard: "steps",
  cases: [
    {
      name: "fires at ten retries a minute",
      series: { [saga(seriesName("stepRetries"), CHARGE)]: "0+10x30" },
      at: "25m",
      fires: {
        labels: { ...SAGA, ...CHARGE },
        summary: "chargeCard of orderSaga is retried again and again: GatewayTimeout",
        description:
          "On temporal chargeCard was retried more than 50 times in 10 minutes, always for GatewayTimeout. Look at what it calls; every retry costs.",
      },
    },
    {
      name: "is silent at a retry a minute",
      series: { [saga(seriesName("stepRetries"), CHARGE)]: "0+1x30" },
      at: "25m",
    },
  ],
};

const scheduleToStart: Alert = {
  name: "ScheduleToStartHigh",
  promql: `${quantile(0.95, select("scheduleToStart", [], "bucket"), "10m", [LABEL.engine, LABEL.taskQueue])} > 60`,
  lasting: "10m",
  severity: "warning",
  // Step Functions has no task queues.
  summary: `Work on {{ or $labels.${LABEL.taskQueue} $labels.${LABEL.engine} }} waits {{ $value | humanizeDuration }} until it is taken up`,
  description: `On ${ENGINE} one attempt in twenty waits for more than a minute until it is taken up: workers are too few or too busy. What no worker takes up at all is not in it; it shows as open runs that grow old.`,
  dashboard: "steps",
  cases: [
    {
      name: "fires when all attempts wait for one to five minutes",
      series: {
        [saga(seriesName("scheduleToStart", "bucket"), { ...QUEUE, le: "60" })]: "0x60",
        [saga(seriesName("scheduleToStart", "bucket"), { ...QUEUE, le: "300" })]: "0+1x60",
        [saga(seriesName("scheduleToStart", "bucket"), { ...QUEUE, le: "+Inf" })]: "0+1x60",
      },
      at: "40m",
      fires: {
        labels: { [LABEL.engine]: "temporal", ...QUEUE },
        summary: "Work on order-saga waits 4m 48s until it is taken up",
        description:
          "On temporal one attempt in twenty waits for more than a minute until it is taken up: workers are too few or too busy. What no worker takes up at all is not in it; it shows as open runs that grow old.",
      },
    },
    {
      name: "names the engine where there is no task queue",
      series: {
        [saga(seriesName("scheduleToStart", "bucket"), { ...LAMBDA, le: "60" })]: "0x60",
        [saga(seriesName("scheduleToStart", "bucket"), { ...LAMBDA, le: "300" })]: "0+1x60",
        [saga(seriesName("scheduleToStart", "bucket"), { ...LAMBDA, le: "+Inf" })]: "0+1x60",
      },
      at: "40m",
      fires: {
        labels: LAMBDA,
        summary: "Work on aws_step_functions waits 4m 48s until it is taken up",
        description:
          "On aws_step_functions one attempt in twenty waits for more than a minute until it is taken up: workers are too few or too busy. What no worker takes up at all is not in it; it shows as open runs that grow old.",
      },
    },
    {
      name: "is silent about a single attempt that waited, e.g. while its worker was replaced",
      series: {
        [saga(seriesName("scheduleToStart", "bucket"), { ...QUEUE, le: "60" })]: "0x120",
        [saga(seriesName("scheduleToStart", "bucket"), { ...QUEUE, le: "300" })]: "0x71 1x50",
        [saga(seriesName("scheduleToStart", "bucket"), { ...QUEUE, le: "+Inf" })]: "0x71 1x50",
      },
      at: "80m",
    },
    {
      name: "is silent when attempts start within a second",
      series: {
        [saga(seriesName("scheduleToStart", "bucket"), { ...QUEUE, le: "1" })]: "0+1x60",
        [saga(seriesName("scheduleToStart", "bucket"), { ...QUEUE, le: "300" })]: "0+1x60",
        [saga(seriesName("scheduleToStart", "bucket"), { ...QUEUE, le: "+Inf" })]: "0+1x60",
      },
      at: "40m",
    },
  ],
};

/** Alerts about workflows; those that somebody must act on first. */
export const WORKFLOW_ALERTS: readonly Alert[] = [
  compensationFailed,
  failureRatio,
  stuck,
  approvals,
  retryStorm,
  scheduleToStart,
];
