/** Ids that came, the newest of them. */
export interface NewestIds {
  has(id: string): boolean;
  /** Takes an id; true the first time, as far as that is remembered. */
  claim(id: string): boolean;
}

/** Makes an empty memory of at most so many ids, of about 100 bytes each; the oldest is forgotten first. */
export function newestIds(most: number): NewestIds {
  const ids = new Set<string>();
  return {
    has: (id) => ids.has(id),
    claim(id) {
      if (ids.has(id)) return false;
      ids.add(id);
      const [oldest] = ids.size > most ? ids : [];
      if (oldest !== undefined) ids.delete(oldest);
      return true;
    },
  };
}
