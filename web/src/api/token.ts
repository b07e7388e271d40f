/**
 * Who this tab is for the server: a personal token, or the secret of a link to a model.
 *
 * It is kept in the tab alone (`sessionStorage` ends with it), and goes into a header, never into an
 * address. A link carries its secret behind `#`, which browsers send to no server.
 */
const KEY = "tabrl-token";
const SHARED = /^#(share_[a-z2-7]+)$/;

export interface TokenState {
  token: string | null;
  /** The server asked for a token, or did not take this one. */
  wanted: boolean;
}

let state: TokenState = { token: null, wanted: false };
const listeners = new Set<() => void>();

function change(next: Partial<TokenState>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

function stored(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null; // switched off: the token then lives as long as the page
  }
}

/** Take the token over that this tab had before, or the secret of the link that was opened. */
export function recallToken(location: Location, history: History): void {
  const shared = SHARED.exec(location.hash)?.[1];
  if (shared !== undefined) {
    stored()?.setItem(KEY, shared);
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  change({ token: shared ?? stored()?.getItem(KEY) ?? null });
}

export function logIn(token: string): void {
  stored()?.setItem(KEY, token);
  change({ token, wanted: false });
}

export function logOut(): void {
  stored()?.removeItem(KEY);
  change({ token: null });
}

/** The server answered 401 to a request that was sent with this token. */
export function refused(token: string | null): void {
  if (token === state.token && !state.wanted) change({ wanted: true });
}

export const currentToken = (): string | null => state.token;

/** What a request must send, besides what else it sends. */
export function authorization(token: string | null = state.token): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

export const tokenState = (): TokenState => state;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
