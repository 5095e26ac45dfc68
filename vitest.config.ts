import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { skippedReporter } from "./test/support/skipped-reporter.ts";

/** Tests that start real engines: they take seconds, and stand apart from those that take milliseconds. */
const ENGINES = [
  "test/integration/**/*.test.ts",
  "test/contract/**/*.test.ts",
  // Each of these folders has packages of its own.
  "test/stacks/**/*.test.ts",
  "examples/order-saga/temporal/workflow.test.ts",
];

export default defineConfig({
  test: {
    // Tests on real engines wait more than they compute; by default a machine with two cores would get one worker.
    maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
    reporters: ["default", skippedReporter],
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "{src,examples,dashboards,test/support}/**/*.test.ts",
            "scripts/**/*.test.{ts,mjs}",
          ],
          exclude: ENGINES,
          testTimeout: 30_000,
          typecheck: { enabled: true, include: ["test/types/**/*.test-d.ts"] },
        },
      },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ENGINES,
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        test: {
          name: "packaging",
          include: ["test/packaging/**/*.test.ts"],
          globalSetup: ["test/packaging/set-up.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["**/*.test.ts"],
      thresholds: { "src/core/**": { 100: true }, "src/projection/**": { 100: true } },
    },
  },
});
