/** A `fetch` that tells how long its callers had to wait. */
export interface WaitingFetch {
  readonly fetch: typeof globalThis.fetch;
  /** Time in ms, since the last call of this, in which at least one answer was not wholly there. */
  waited(): number;
}

/**
 * Requests that run at once count once: it is the time in which nothing but the backend could go on.
 *
 * The function stands for itself, since its text is run in other processes, too.
 */
export function waitingFetch(request: typeof globalThis.fetch): WaitingFetch {
  let open = 0;
  let since = 0;
  let sum = 0;
  return {
    async fetch(input, init) {
      if (open === 0) since = performance.now();
      open += 1;
      try {
        const response = await request(input, init);
        const body = await response.arrayBuffer();
        return new Response(body, { status: response.status, headers: response.headers });
      } finally {
        open -= 1;
        if (open === 0) sum += performance.now() - since;
      }
    },
    waited() {
      const waited = sum;
      sum = 0;
      return waited;
    },
  };
}
