/** A tracing backend that answers on this machine. */
export interface LocalBackend {
  readonly kind: "jaeger" | "tempo";
  /** Base URL of its query API, without credentials. */
  readonly url: string;
}

/** The usual ports of query APIs beside the OTLP ports, and what tells their owners. */
const PROBES: readonly {
  readonly kind: LocalBackend["kind"];
  readonly port: number;
  readonly path: string;
  readonly answer: RegExp;
}[] = [
  // The page of its UI: the paths of the API differ among versions.
  { kind: "jaeger", port: 16686, path: "/", answer: /jaeger/i },
  // https://grafana.com/docs/tempo/latest/api_docs/#query-echo-endpoint
  { kind: "tempo", port: 3200, path: "/api/echo", answer: /^echo\b/ },
];

const PATIENCE = 1000;
const LONGEST_ANSWER = 64 * 1024;

/**
 * The Jaeger or Tempo beside an OTLP endpoint: asked for on the same host when that is this machine's loopback, each for at
 * most a second. Undefined when none answers, or the endpoint is on another machine: hosts that nobody named as a
 * backend are not asked.
 */
export async function localBackend(
  otlpEndpoint: string,
  request: typeof fetch = fetch,
): Promise<LocalBackend | undefined> {
  const url = URL.parse(otlpEndpoint);
  if (url === null || !isLoopbackUrl(otlpEndpoint)) return undefined;
  const found = await Promise.all(
    PROBES.map(async ({ kind, port, path, answer }): Promise<LocalBackend | undefined> => {
      const base = `http://${url.hostname}:${port}`;
      return answer.test(await beginningOf(`${base}${path}`, request))
        ? { kind, url: base }
        : undefined;
    }),
  );
  return found.find((backend) => backend !== undefined);
}

/** Whether an address is one of this machine alone. */
export function isLoopbackUrl(address: string): boolean {
  const hostname = URL.parse(address)?.hostname ?? "";
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** The beginning of what a page says, empty when it does not answer well or in time. */
async function beginningOf(url: string, request: typeof fetch): Promise<string> {
  let text = "";
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await request(url, { redirect: "manual", signal });
    if (!response.ok || response.body === null) return "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > LONGEST_ANSWER) break;
    }
  } catch {
    // Nobody is there, or somebody else who does not answer: what came so far is looked at.
  }
  return text;
}
