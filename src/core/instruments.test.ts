import { describe, expect, it } from "vitest";
import { INSTRUMENTS, prometheusLabel, prometheusName, prometheusViews } from "./instruments.ts";
import { VOCABULARY } from "./vocabulary.ts";

const instruments = Object.values(INSTRUMENTS);

describe("the instruments", () => {
  it("have names of their own", () => {
    expect(new Set(instruments.map(({ name }) => name)).size).toBe(instruments.length);
    expect(new Set(instruments.map(prometheusName)).size).toBe(instruments.length);
  });

  it("have no id among their labels", () => {
    const { id, runId, firstRunId, stepId, parentId, rootId, waitResolvedBy } = VOCABULARY;
    const all = [id, runId, firstRunId, stepId, parentId, rootId, waitResolvedBy];
    const ids = new Set(all.map(({ key }) => key));
    const labels = instruments.flatMap((instrument) => instrument.labels);
    expect(labels.filter((label) => ids.has(label))).toEqual([]);
  });

  it("that tell of workflows can all be split by engine and type", () => {
    const ofWorkflows = instruments.filter(({ name }) => name.startsWith("workflow."));
    expect(ofWorkflows.length).toBeGreaterThan(8);
    for (const { labels } of ofWorkflows)
      expect(labels).toEqual(expect.arrayContaining(["workflow.engine", "workflow.type"]));
  });

  it("have buckets that rise, on histograms alone", () => {
    for (const { kind, buckets } of instruments) {
      expect(buckets !== undefined).toBe(kind === "histogram");
      expect(buckets).toEqual(buckets?.toSorted((a, b) => a - b));
    }
  });
});

describe("names in Prometheus", () => {
  it("end in the unit or in _total, as OTLP into Prometheus has them", () => {
    expect(prometheusName(INSTRUMENTS.duration)).toBe("workflow_duration_seconds");
    expect(prometheusName(INSTRUMENTS.openAgeMax)).toBe("workflow_open_age_max_seconds");
    expect(prometheusName(INSTRUMENTS.closed)).toBe("workflow_closed_total");
    expect(prometheusName(INSTRUMENTS.open)).toBe("workflow_open");
    expect(prometheusLabel("workflow.step.name")).toBe("workflow_step_name");
  });

  it("come out of a scrape by views, which give what is in seconds another name", () => {
    const views = prometheusViews();
    expect(views).toContainEqual({
      instrumentName: "workflow.duration",
      name: "workflow.duration.seconds",
    });
    expect(views.length).toBe(instruments.filter(({ unit }) => unit === "s").length);
  });
});
