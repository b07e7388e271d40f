/** What page and worker say to each other of who runs the policy. */

/** Where a policy is run. */
export type Where = "server" | "browser";
/** What was asked for; left to the page, the server does it as long as it is quick. */
export type Wish = Where | "auto";

/** Where a policy and its robot are fetched from; absolute addresses, for a worker has no page. */
export interface PolicySource {
  /** Tells which version of the parameters is the newest; null for a policy that stays as it is. */
  model: string | null;
  params: string;
  constants: string;
  sceneSha256: string;
  /** Sent as a header where people log in. */
  token: string | null;
}

/** What a pilot is like, for the figures over the picture. */
export interface PilotStats {
  where: Where;
  /** Of the server's answers. */
  roundTripMs: { p50: number; p95: number };
  /** Whether the browser could run the policy itself, or why it cannot. */
  own: { ready: boolean; failure: string | null };
}
