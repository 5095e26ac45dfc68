/** Workflows with every kind of step that the recorder knows, each small and with an end that a test can bring about. */
import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  createNexusServiceClient,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  patched,
  proxyActivities,
  proxyLocalActivities,
  type QueryDefinition,
  type SignalDefinition,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from "@temporalio/workflow";
import type { KindActivities } from "./activities.ts";

const { quick, flaky, failing, slow } = proxyActivities<KindActivities>({
  startToCloseTimeout: "20s",
  heartbeatTimeout: "2s",
  retry: { initialInterval: "50ms", maximumAttempts: 3 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const local = proxyLocalActivities<KindActivities>({
  startToCloseTimeout: "5s",
  retry: { initialInterval: "20ms" },
});

export const go: SignalDefinition<[string]> = defineSignal("go");
export const setPrice: ReturnType<typeof defineUpdate<number, [number]>> = defineUpdate("setPrice");
export const state: QueryDefinition<string> = defineQuery("state");

/** An activity's end and a timer in one workflow task: the shape in which a single further microtask hop breaks a replay. */
export async function race(): Promise<string> {
  const first = await Promise.race([
    quick("race").then(() => "activity"),
    sleep("1 hour").then(() => "timer"),
  ]);
  const after = await Promise.all([
    quick("a"),
    sleep("20ms"),
    quick("b"),
    condition(() => true, "1 minute"),
  ]);
  log.info("raced", { first });
  return `${first} ${after.length}`;
}

/** An activity id that is used twice in one run. */
export async function reused(): Promise<void> {
  const { quick: named } = proxyActivities<KindActivities>({
    startToCloseTimeout: "5s",
    activityId: "mine",
  });
  await named("first");
  await named("second");
}

/** Retries, failures that are caught, local activities with and without retries. */
export async function attempts(): Promise<void> {
  if (patched("second")) await flaky("third time");
  await local.quick("here");
  await local.flaky("second time");
  await failing("for good").catch(() => undefined);
}

/** Waits: with a limit that runs out, with one that a signal or an update ends, without one, and one that is over at once. */
export async function waits(): Promise<number> {
  let told = "";
  let price = 0;
  setHandler(go, (value) => void (told = value));
  setHandler(state, () => told);
  setHandler(
    setPrice,
    async (value) => {
      await quick("price");
      price = value;
      return value * 2;
    },
    {
      validator: (value) => {
        if (value < 0) throw new Error("negative");
      },
    },
  );
  await condition(() => told !== "", "30ms", { summary: "too short" });
  await condition(() => told === "first", "1 hour", { summary: "a signal" });
  await condition(() => price > 0, "1 hour", { summary: "an update" });
  await condition(() => told === "last");
  return price;
}

/** Children of all endings, a signal to one, a cancel to another. */
export async function family(): Promise<void> {
  const id = workflowInfo().workflowId;
  await executeChild(leaf, { workflowId: `${id}-good`, args: ["good"] });
  await executeChild(leaf, { workflowId: `${id}-bad`, args: ["bad"] }).catch(() => undefined);
  const waiting = await startChild(leaf, { workflowId: `${id}-waiting`, args: ["wait"] });
  await getExternalWorkflowHandle(waiting.workflowId).signal(go, "on");
  await waiting.result();
  const endless = await startChild(leaf, { workflowId: `${id}-endless`, args: ["wait"] });
  await getExternalWorkflowHandle(endless.workflowId).cancel();
  await endless.result().catch(() => undefined);
}

/** A child of {@link family}. */
export async function leaf(kind: string): Promise<void> {
  let told = false;
  setHandler(go, () => void (told = true));
  if (kind === "bad") throw ApplicationFailure.nonRetryable("no", "LeafFailure");
  if (kind === "wait") await condition(() => told);
}

/** Goes on as a new run once. */
export async function chain(round: number): Promise<void> {
  await quick(`round ${round}`);
  if (round < 2) await continueAsNew<typeof chain>(round + 1);
}

/** Is cancelled from outside while an activity and a timer are open, and cleans up. */
export async function cancelled(): Promise<void> {
  try {
    await Promise.all([slow("on and on"), sleep("1 hour")]);
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => quick("clean up"));
    throw error;
  }
}

/** Begins and cancels steps in one workflow task, in one activation and in two: none of it reaches the history. Then does them. */
export async function takenBack(): Promise<void> {
  const { quick: named } = proxyActivities<KindActivities>({
    startToCloseTimeout: "5s",
    activityId: "mine",
  });
  const all = (): Promise<unknown>[] => [
    named("taken back"),
    executeChild(leaf, { workflowId: `${workflowInfo().workflowId}-child`, args: ["good"] }),
    getExternalWorkflowHandle(NOBODY).signal(go, "on"),
    sleep("20ms"),
  ];
  const scopes = [new CancellationScope(), new CancellationScope()] as const;
  const [first, second] = scopes.map((scope) => scope.run(() => Promise.allSettled(all())));
  scopes[0].cancel();
  await first?.catch(() => undefined);
  await local.quick("another activation");
  scopes[1].cancel();
  await second?.catch(() => undefined);
  await Promise.allSettled(all());
}

/** Asks for what the server refuses: a child whose id is in use, another workflow that is not there, an operation that nobody takes up. */
export async function refused(): Promise<void> {
  const workflowId = `${workflowInfo().workflowId}-child`;
  const scope = new CancellationScope();
  const child = scope.run(() => executeChild(leaf, { workflowId, args: ["wait"] }));
  await quick("meanwhile");
  const payments = createNexusServiceClient({ endpoint: NOBODY, service: PAYMENTS });
  await Promise.allSettled([
    executeChild(leaf, { workflowId, args: ["wait"] }),
    payments.executeOperation("charge", "x", { scheduleToCloseTimeout: "100ms" }),
    getExternalWorkflowHandle(NOBODY).signal(go, "on"),
  ]);
  // The history holds a request to cancel for the child, too.
  scope.cancel();
  await child.catch(() => undefined);
  await getExternalWorkflowHandle(NOBODY)
    .cancel()
    .catch(() => undefined);
}

/** A workflow id that is no workflow's, and a Nexus endpoint whose task queue has no worker. */
const NOBODY = "nobody";
/** A service's definition is plain data, but for brands that are types alone. */
const PAYMENTS = JSON.parse(
  '{ "name": "payments", "operations": { "charge": { "name": "charge" } } }',
) as Parameters<typeof createNexusServiceClient>[0]["service"];
