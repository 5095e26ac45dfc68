/** Looks at something again and again, and never twice at a time. */
export interface RegularLook {
  /** Looks now; while a look is under way already, resolves with that one. */
  look(): Promise<void>;
  /** Looks every so often from now on, which keeps no process alive. */
  start(): void;
  stop(): void;
}

/**
 * Makes a look regular.
 *
 * @param lookOnce must not reject
 */
export function regularLook(lookOnce: () => Promise<void>, everyMs: number): RegularLook {
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    look,
    start() {
      timer ??= setInterval(() => void look(), everyMs).unref();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
