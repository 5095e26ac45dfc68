import type { Reporter, TestModule } from "vitest/node";

/** Counts skipped tests by the reason that stands in their names: `… (skipped: there is no Go)`. */
export function skippedByReason(
  names: Iterable<{ readonly fullName: string; readonly note?: string | undefined }>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { fullName, note } of names) {
    const reason = /\(skipped: ([^()]*(?:\([^()]*\)[^()]*)*)\)/.exec(fullName)?.[1] ?? note;
    const key = reason ?? "no reason is given";
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Says at the end of a test run what was skipped, and why: a line a reason. */
export const skippedReporter: Reporter = {
  onTestRunEnd(modules) {
    const reasons = skippedByReason(skippedTests(modules));
    if (reasons.size === 0) return;
    const lines = [...reasons]
      .toSorted(([, a], [, b]) => b - a)
      .map(([reason, count]) => `  ${String(count).padStart(5)}  ${reason}`);
    process.stdout.write(`\nSkipped tests, by reason:\n${lines.join("\n")}\n`);
  },
};

function* skippedTests(
  modules: readonly TestModule[],
): Generator<{ fullName: string; note?: string | undefined }> {
  for (const module of modules) {
    for (const test of module.children.allTests("skipped")) {
      const result = test.result();
      yield { fullName: test.fullName, note: result.state === "skipped" ? result.note : undefined };
    }
  }
}
