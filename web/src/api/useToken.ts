import { useSyncExternalStore } from "react";
import type { TokenState } from "./token";
import { subscribe, tokenState } from "./token";

/** Who this tab is for the server; drawn anew when that changes. */
export function useToken(): TokenState {
  return useSyncExternalStore(subscribe, tokenState, tokenState);
}
