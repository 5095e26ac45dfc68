// A workflow of every-day parts: an activity that fails once, a timer, a signal that ends a wait.
import { condition, defineSignal, proxyActivities, setHandler, sleep } from "@temporalio/workflow";

const { charge } = proxyActivities({
  startToCloseTimeout: "10s",
  retry: { initialInterval: "10ms", maximumAttempts: 2 },
});
const approve = defineSignal("approve");

/** Charges an order, waits for its approval, and says how often the card was tried. */
export async function order(orderId) {
  let approved = false;
  setHandler(approve, () => {
    approved = true;
  });
  const attempts = await charge(orderId);
  await sleep("10ms");
  await condition(() => approved);
  return attempts;
}
