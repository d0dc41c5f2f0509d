/** Web Locks, which happy-dom does not have: one holder of a name at a time. */

const held = new Map<string, Promise<unknown>>();

Object.defineProperty(navigator, "locks", {
  value: {
    request: (name: string, work: () => Promise<unknown>): Promise<unknown> => {
      const result = (held.get(name) ?? Promise.resolve()).then(work);
      held.set(name, result.catch(() => undefined));
      return result;
    },
  },
});
