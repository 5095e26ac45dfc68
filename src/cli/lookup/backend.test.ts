import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { type BackendChoice, chooseBackend } from "./backend.ts";

const folder = temporaryFolder();
const nobody: typeof fetch = () => Promise.reject(new Error("nobody is there"));

const chosen = async (
  options: BackendChoice,
  environment: Record<string, string> = {},
  request: typeof fetch = nobody,
): Promise<[string, string]> => {
  const { backend, chosenBy } = await chooseBackend(options, environment, {
    request,
    folder: folder.path(),
  });
  return [backend.name, chosenBy];
};

const refused = async (
  options: BackendChoice,
  environment: Record<string, string> = {},
): Promise<string> => {
  const failure: unknown = await chooseBackend(options, environment, {
    request: nobody,
    folder: folder.path(),
  }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 2 });
  return failure instanceof Error ? failure.message : "";
};

const keys = { DD_API_KEY: "a".repeat(32), DD_APP_KEY: "b".repeat(40) };

describe("the backend is", () => {
  test("what the command line names, whatever the environment says", async () => {
    const environment = { DURASCOPE_BACKEND: "datadog", JAEGER_URL: "http://j.test", ...keys };
    expect(await chosen({ file: ["x.jsonl"] }, environment)).toEqual(["file x.jsonl", "--file"]);
    const several = { file: ["x.jsonl", "spans"] };
    expect(await chosen(several, environment)).toEqual(["files x.jsonl, spans", "--file"]);
    expect(await chosen({ backend: "jaeger" }, environment)).toEqual([
      "Jaeger at http://j.test",
      "--backend",
    ]);
    expect(await chosen({ backend: "tempo", url: "http://t.test:3200" }, environment)).toEqual([
      "Tempo at http://t.test:3200",
      "--url",
    ]);
  });

  test("at its usual address on this machine when only its kind is named", async () => {
    expect(await chosen({ backend: "jaeger" })).toEqual([
      "Jaeger at http://localhost:16686",
      "--backend",
    ]);
    expect(await chosen({}, { DURASCOPE_BACKEND: "tempo" })).toEqual([
      "Tempo at http://localhost:3200",
      "DURASCOPE_BACKEND",
    ]);
  });

  test("what the environment names: the kind, a file, a Jaeger, a Tempo", async () => {
    const all = {
      DURASCOPE_BACKEND: "tempo",
      DURASCOPE_FILE: "x.jsonl",
      JAEGER_URL: "http://j.test",
      TEMPO_URL: "http://t.test",
    };
    const { DURASCOPE_BACKEND: _kind, ...noKind } = all;
    const { DURASCOPE_FILE: _file, ...noFile } = noKind;
    const { JAEGER_URL: _jaeger, ...noJaeger } = noFile;
    expect(await chosen({}, all)).toEqual(["Tempo at http://t.test", "DURASCOPE_BACKEND"]);
    expect(await chosen({}, noKind)).toEqual(["file x.jsonl", "DURASCOPE_FILE"]);
    expect(await chosen({}, noFile)).toEqual(["Jaeger at http://j.test", "JAEGER_URL"]);
    expect(await chosen({}, noJaeger)).toEqual(["Tempo at http://t.test", "TEMPO_URL"]);
  });

  test("what answers beside a local OTLP endpoint, before the keys of Datadog", async () => {
    const jaeger: typeof fetch = (input) =>
      input === "http://localhost:16686/"
        ? Promise.resolve(new Response("Jaeger UI"))
        : nobody(input);
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318", ...keys };
    expect(await chosen({}, environment, jaeger)).toEqual([
      "Jaeger at http://localhost:16686",
      "found beside OTEL_EXPORTER_OTLP_ENDPOINT",
    ]);
    expect((await chosen({}, environment))[0]).toMatch(/^Datadog/);
  });

  test("the last demo's file, also where an agent's environment has one of Datadog's keys", async () => {
    const demo = folder.path(".durascope/demo.otlp.jsonl");
    await mkdir(dirname(demo), { recursive: true });
    await writeFile(demo, "");
    const found = ["file .durascope/demo.otlp.jsonl", "the last demo"];
    expect(await chosen({})).toEqual(found);
    expect(await chosen({}, { DD_API_KEY: keys.DD_API_KEY, DD_SITE: "datadoghq.eu" })).toEqual(
      found,
    );
  });
});

test("an address is of the kind that the environment names, where the command line names none", async () => {
  const environment = { DURASCOPE_BACKEND: "tempo", JAEGER_URL: "http://j.test" };
  expect(await chosen({ url: "http://t.test" }, environment)).toEqual([
    "Tempo at http://t.test",
    "--url",
  ]);
});

describe("a wrong call", () => {
  test("more business keys than are searched by, but for a file, which is searched by all", async () => {
    const key = Array.from({ length: 20 }, (_none, i) => `key.${i}`);
    expect(await refused({ backend: "jaeger", key })).toBe(
      "At most 16 business keys are searched by, and --key names 20. Name those that the id may be of.",
    );
    expect(await refused({ backend: "tempo" }, { DURASCOPE_KEYS: key.join() })).toContain(
      "DURASCOPE_KEYS names 20",
    );
    expect((await chosen({ file: ["x.jsonl"], key }))[1]).toBe("--file");
    const repeated = [...key.slice(0, 16), ...key.slice(0, 16)];
    expect((await chosen({ backend: "jaeger", key: repeated }))[1]).toBe("--backend");
  });

  test("two backends at once", async () => {
    expect(await refused({ file: ["x"], url: "http://j.test" })).toContain("--file");
    expect(await refused({ file: ["x"], backend: "jaeger" })).toContain("--file");
  });

  test("an address without its kind", async () => {
    expect(await refused({ url: "http://j.test" })).toContain("--backend jaeger");
    expect(await refused({ backend: "file", url: "http://j.test" })).toContain("--backend jaeger");
  });

  test("half of Datadog's keys, and no file of a demo", async () => {
    await expect(
      chooseBackend({}, { DD_SITE: "datadoghq.eu" }, { folder: folder.path() }),
    ).rejects.toMatchObject({ code: "LOOKUP_DATADOG_KEYS" });
  });

  test("an unknown kind in the environment, and nothing to look in at all", async () => {
    expect(await refused({}, { DURASCOPE_BACKEND: "zipkin" })).toContain("DURASCOPE_BACKEND");
    expect(await refused({})).toContain("There is nothing to look in");
  });

  test.each([
    [{}, "no OTEL_EXPORTER_OTLP_ENDPOINT is set"],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://localhost:4318/v1/traces" },
      "no Jaeger or Tempo answers beside OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" }, "names another machine"],
  ])("nothing to look in says why none was found: %j", async (environment, words) => {
    expect(await refused({}, environment)).toContain(words);
  });

  test("the standard input as a file", async () => {
    expect(await refused({ file: ["-"] })).toContain("the standard input cannot be one");
  });
});

test("credentials that stand beside another origin's address do not go to the one of --url", async () => {
  const sent: (string | null)[] = [];
  vi.stubGlobal("fetch", (_input: unknown, init: RequestInit) => {
    sent.push(new Headers(init.headers).get("authorization"));
    return Promise.resolve(Response.json({ traces: [] }));
  });
  const environment = { TEMPO_URL: "http://t.test:3200/", TEMPO_AUTHORIZATION: "Bearer secret" };
  const ask = async (url: string): Promise<void> => {
    const { backend } = await chooseBackend({ backend: "tempo", url }, environment);
    await backend.search({ id: "order-1", since: Date.now() - 1000 }, new AbortController().signal);
  };
  await ask("http://other.test:3200");
  await ask("http://t.test:3200/tempo");
  vi.unstubAllGlobals();
  expect(new Set(sent)).toEqual(new Set([null, "Bearer secret"]));
  expect(sent[0]).toBeNull();
});

describe("settings that stand beside no address", () => {
  const environment = {
    TEMPO_ORG_ID: "team-a",
    TEMPO_AUTHORIZATION: "Bearer tempo",
    LOKI_URL: "http://l.test:3100",
    GRAFANA_URL: "http://g.test:3000",
    JAEGER_UI_URL: "http://ui.test",
    JAEGER_AUTHORIZATION: "Bearer jaeger",
  };
  const trace = { traceId: "a".repeat(32), start: 1e12, end: 1e12 + 5, services: [] };

  /** Headers of the first request that a search makes. */
  async function sent(options: BackendChoice, more = {}): Promise<Record<string, string>> {
    const requests: Headers[] = [];
    vi.stubGlobal("fetch", (_input: unknown, init: RequestInit) => {
      requests.push(new Headers(init.headers));
      return Promise.resolve(Response.json({ traces: [], summaries: [] }));
    });
    const { backend } = await chooseBackend(options, { ...environment, ...more });
    const query = { id: "order-1", since: Date.now() - 1000 };
    await backend.search(query, new AbortController().signal);
    vi.unstubAllGlobals();
    return Object.fromEntries(requests[0] ?? []);
  }

  test("hold at the usual address, when its kind is named", async () => {
    expect(await sent({ backend: "tempo" })).toMatchObject({
      authorization: "Bearer tempo",
      "x-scope-orgid": "team-a",
    });
    expect(await sent({ backend: "jaeger" })).toMatchObject({ authorization: "Bearer jaeger" });
    const tempo = await chooseBackend({ backend: "tempo" }, environment);
    expect(tempo.backend.links(trace).map(({ title }) => title)).toEqual([
      "Grafana: trace",
      "Grafana: logs",
    ]);
    const jaeger = await chooseBackend({ backend: "jaeger" }, environment);
    expect(jaeger.backend.links(trace)[0]?.url).toMatch(/^http:\/\/ui\.test\//);
  });

  test("do not go to a Jaeger that was only found", async () => {
    const found: typeof fetch = () => Promise.resolve(new Response("Jaeger UI"));
    const { backend } = await chooseBackend(
      {},
      { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" },
      { request: found, folder: folder.path() },
    );
    const requests: (string | null)[] = [];
    vi.stubGlobal("fetch", (_input: unknown, init: RequestInit) => {
      requests.push(new Headers(init.headers).get("authorization"));
      return Promise.resolve(Response.json({ summaries: [] }));
    });
    await backend.search({ id: "x" }, new AbortController().signal).catch(() => undefined);
    vi.unstubAllGlobals();
    expect(requests).not.toContain("Bearer jaeger");
  });

  test("of another Jaeger's UI make no links to traces of the one of --url", async () => {
    const given = { ...environment, JAEGER_URL: "http://j.test" };
    const page = async (url: string): Promise<string | undefined> => {
      const { backend } = await chooseBackend({ backend: "jaeger", url }, given);
      return backend.links(trace)[0]?.url;
    };
    expect(await page("http://other.test")).toMatch(/^http:\/\/other\.test\//);
    expect(await page("http://j.test/jaeger")).toMatch(/^http:\/\/ui\.test\//);
  });
});

test.each(["jaeger", "tempo"] as const)(
  "messages about the %s of --url name --url, and not a variable that does not count",
  async (kind) => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed")));
    const { backend } = await chooseBackend({ backend: kind, url: "http://other.test" }, {});
    const search = backend.search({ id: "x", since: Date.now() }, new AbortController().signal);
    await expect(search).rejects.toThrow(/set --url to where it is/);
    vi.unstubAllGlobals();
  },
);
