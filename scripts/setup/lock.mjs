import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, SetupFailure } from "./failure.mjs";

const beatMs = 5_000;
const silentMs = 120_000;
const takeOverMs = 10_000;
const defaultWaitLimitMs = 600_000;

/**
 * Runs `work` while this process alone holds the lock directory. A lock whose owner is gone (its process
 * id does not live, or it gave no sign of life for two minutes) is taken over.
 *
 * @template T
 * @param {string} lock path of the lock directory
 * @param {(owner: number | undefined) => void} onWait called once when another process holds the lock
 * @param {() => Promise<T>} work
 * @param {number} [waitLimitMs] after which waiting for another process is given up
 * @returns {Promise<T>}
 */
export async function withLock(lock, onWait, work, waitLimitMs = defaultWaitLimitMs) {
  makeFolder(dirname(lock));
  const giveUpAt = Date.now() + waitLimitMs;
  let told = false;
  while (!tryTake(lock)) {
    const owner = ownerOf(lock);
    if (isStale(lock, owner)) {
      takeAway(lock, owner);
      continue;
    }
    if (!told) onWait(owner);
    told = true;
    if (Date.now() > giveUpAt) {
      throw new SetupFailure(
        `Another set-up (process ${owner ?? "unknown"}) has held ${lock} for ${waitLimitMs / 60_000} minutes; end it, or remove that folder.`,
      );
    }
    // oxlint-disable-next-line no-await-in-loop -- each look decides whether there is another
    await sleep(100);
  }
  const beat = setInterval(() => touch(lock), beatMs);
  beat.unref();
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off("exit", release);
    release();
  }
}

/** @param {string} folder */
function makeFolder(folder) {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/** @param {string} lock */
function tryTake(lock) {
  try {
    mkdirSync(lock);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw notWritable(dirname(lock), error);
  }
  writeFileSync(join(lock, "pid"), String(process.pid));
  return true;
}

/**
 * Two processes may find the same lock stale. The one that makes the guard directory removes it, and
 * only if the owner is still the dead one: without the guard the second would remove the first's new lock.
 *
 * @param {string} lock
 * @param {number | undefined} owner
 */
function takeAway(lock, owner) {
  const guard = `${lock}.takeover`;
  try {
    mkdirSync(guard);
  } catch {
    if (ageOf(guard) > takeOverMs) rmSync(guard, { recursive: true, force: true });
    return;
  }
  if (ownerOf(lock) === owner) rmSync(lock, { recursive: true, force: true });
  rmSync(guard, { recursive: true, force: true });
}

/**
 * @param {string} lock
 * @param {number | undefined} owner
 */
function isStale(lock, owner) {
  const age = ageOf(lock);
  // A lock without a process id was made a moment ago, or its maker died before it could say who it is.
  if (owner === undefined) return age > takeOverMs && age !== Number.POSITIVE_INFINITY;
  return !isAlive(owner) || (age > silentMs && age !== Number.POSITIVE_INFINITY);
}

/** @param {string} lock */
function ownerOf(lock) {
  try {
    const pid = Number(readFileSync(join(lock, "pid"), "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** @param {string} path */
function ageOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** @param {string} path */
function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // The folder was removed by hand; the work goes on and the release has nothing to remove.
  }
}

/**
 * @param {string} folder
 * @param {unknown} error
 */
function notWritable(folder, error) {
  return new SetupFailure(
    `The set-up cannot write to ${folder} (${codeOf(error) ?? "unknown"}): give it a folder that it may write to.`,
  );
}
