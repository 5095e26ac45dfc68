// Makes the real backends that tests run against (Jaeger, Prometheus, a collector and others):
//   node scripts/setup-backends.mjs
// They are kept in a folder of the user (setup/backends/cache.mjs), so a second clone finds them. What cannot be made
// here is told in a sentence, its tests are skipped with the same reason, and the exit code is 1.
// Plain JavaScript without a dependency, like with-setup.mjs: Node 20 or newer.
import { join } from "node:path";
import { cacheFolder, makeWritable } from "./setup/backends/cache.mjs";
import { collector } from "./setup/backends/collector.mjs";
import { prometheus } from "./setup/backends/debian.mjs";
import { compose, jaeger, prometheus3 } from "./setup/backends/go-backends.mjs";
import { installation } from "./setup/backends/installation.mjs";
import { writeInstalledList } from "./setup/backends/installed-list.mjs";
import { pythonTools } from "./setup/backends/python-tools.mjs";
import { runApart } from "./setup/backends/run-apart.mjs";
import { stackSteps } from "./setup/backends/stacks.mjs";
import { SetupFailure } from "./setup/failure.mjs";
import { endOnSignals } from "./setup/interruption.mjs";
import { root, stateFolder } from "./setup/layout.mjs";
import { withLock } from "./setup/lock.mjs";
import { checkNode } from "./setup/node-version.mjs";
import { packages } from "./setup/packages.mjs";

// A cold set-up takes a quarter of an hour on two cores; a second clone waits for it and then has nothing to do.
const waitLimitMs = 45 * 60_000;
// The tests read it: test/backends/installed.ts.
const installedList = join(stateFolder, "backends.json");

/** @param {string} text */
function write(text) {
  process.stderr.write(text);
}

/**
 * The project's own packages, since a fresh clone has none. The clone's lock keeps `npm run setup` from doing the same.
 *
 * @type {import("./setup/step.mjs").Step}
 */
const ownPackages = {
  ...packages,
  run: () =>
    withLock(
      join(stateFolder, "lock"),
      () => undefined,
      async () => {
        if (!packages.isDone()) return packages.run();
      },
    ),
};

/**
 * Everything that there may be to do, in rows that go side by side.
 *
 * @param {string} cache
 */
function planFor(cache) {
  const platform = `${process.platform}-${process.arch}`;
  /** @param {import("./setup/backends/installation.mjs").Backend} backend */
  const install = (backend) => installation(backend, cache, platform);
  // What is fetched waits for the network, what is built for the processor: side by side neither waits for the other.
  const fetched = [prometheus, pythonTools()].map(install);
  const built = [jaeger, collector(), compose, prometheus3].map(install);
  return {
    rows: [[ownPackages, ...stackSteps(join(root, "test/stacks")), ...fetched], built],
    installations: [...fetched, ...built],
  };
}

/**
 * Does what is not done, and gives how many of the steps failed.
 *
 * @param {ReturnType<typeof planFor>} plan
 */
async function carryOut({ rows, installations }) {
  const found = await Promise.all(rows.map((row) => runApart(row, write, Date.now)));
  const failures = new Map(found.flatMap((failed) => Array.from(failed)));
  writeInstalledList(installedList, installations, failures);
  return failures.size;
}

async function setUpBackends() {
  checkNode(process.versions.node);
  const cache = join(cacheFolder(process.env, process.platform), "backends");
  const plan = planFor(cache);
  // Whoever has all of it need not wait for a clone that makes another version.
  const steps = plan.rows.flat();
  if (steps.every((step) => step.isDone())) {
    writeInstalledList(installedList, plan.installations, new Map());
    return;
  }
  const begin = Date.now();
  makeWritable(cache);
  const failed = await withLock(
    join(cache, "lock"),
    (owner) => write(`setup: another set-up is at work in ${cache} (process ${owner}), waiting\n`),
    () => carryOut(plan),
    waitLimitMs,
  );
  if (failed > 0) {
    write(`setup: ${failed} of ${steps.length} steps failed, see above; the rest is ready\n`);
    process.exitCode = 1;
  } else {
    write(`setup: backends ready after ${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
  }
}

const leaveToSystem = endOnSignals(write);
try {
  await setUpBackends();
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  write(`setup: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  leaveToSystem();
}
