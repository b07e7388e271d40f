import type { ReactNode } from "react";
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { SessionState } from "@/sim/session";
import { Session } from "@/sim/session";

interface Holder {
  /** The one session of the page; another scene replaces it. */
  open(sceneUrl: string): Session;
}

const Context = createContext<Holder | null>(null);

/** Keeps one simulation alive while the user moves between pages: WebAssembly loads once. */
export function SessionProvider({ children }: { children: ReactNode }): ReactNode {
  const [holder] = useState<Holder>(() => {
    let current: { url: string; session: Session } | null = null;
    return {
      open(sceneUrl) {
        if (current?.url !== sceneUrl || current.session.getState().failure !== null) {
          current?.session.dispose();
          current = { url: sceneUrl, session: new Session(sceneUrl) };
        }
        return current.session;
      },
    };
  });
  return <Context value={holder}>{children}</Context>;
}

/** The simulation of a scene; null until the scene's address is known. */
export function useSession(sceneUrl: string | null): Session | null {
  const holder = useContext(Context);
  const [session, setSession] = useState<Session | null>(null);
  useEffect(() => {
    setSession(sceneUrl === null || holder === null ? null : holder.open(sceneUrl));
  }, [holder, sceneUrl]);
  return session;
}

export function useSessionState(session: Session): SessionState {
  return useSyncExternalStore(session.subscribe, session.getState);
}
