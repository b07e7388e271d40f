/** Moments of a visit, as marks of the browser's own clock: its tools show them, a bench reads them. */
export type Milestone =
  /** The page's first line runs. */
  | "start"
  /** The robots are known. */
  | "robots"
  /** A worker has instantiated the engine and compiled the scene. */
  | "scene"
  /** The first picture is handed to the browser. */
  | "picture"
  /** A policy answers. */
  | "live"
  /** The robot was moved by a policy for the first time ... */
  | "moving"
  /** ... and this is on the screen. */
  | "seen";

/** Remember when it was reached for the first time. */
export function reached(milestone: Milestone): void {
  const name = `tabrl:${milestone}`;
  if (performance.getEntriesByName(name).length === 0) performance.mark(name);
}
