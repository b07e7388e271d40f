import type { ReactNode } from "react";
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { Robot } from "@/api/types";
import type { Engine } from "@/sim/engine";
import type { SessionState } from "@/sim/session";
import { Session } from "@/sim/session";

interface Holder {
  /** The one session of the page; another robot replaces it. */
  open(robot: Robot): Session;
}

interface Opened {
  scene: string;
  session: Session;
}

const Context = createContext<Holder | null>(null);
const Current = createContext<Session | null>(null);

/** Keeps one simulation alive while the user moves between pages: WebAssembly loads once. */
export function SessionProvider({
  engine,
  children,
}: {
  engine: Engine;
  children: ReactNode;
}): ReactNode {
  const [shown, setShown] = useState<Session | null>(null);
  const [holder] = useState<Holder>(() => {
    let current: { url: string; session: Session } | null = null;
    return {
      open(robot) {
        const { scene_url: url } = robot;
        if (current?.url !== url || current.session.getState().failure !== null) {
          current?.session.dispose();
          current = { url, session: new Session(url, robot, engine) };
          setShown(current.session);
        }
        return current.session;
      },
    };
  });
  return (
    <Context value={holder}>
      <Current value={shown}>{children}</Current>
    </Context>
  );
}

/** The simulation that was opened last, whatever robot it holds; null before there is one. */
export function useCurrentSession(): Session | null {
  return useContext(Current);
}

/** The simulation of a robot; null until the robot is known. */
export function useSession(robot: Robot | undefined): Session | null {
  const holder = useContext(Context);
  const [opened, setOpened] = useState<Opened | null>(null);
  useEffect(() => {
    const session = robot === undefined ? undefined : holder?.open(robot);
    setOpened((before) => {
      if (robot === undefined || session === undefined) return null;
      return before?.session === session ? before : { scene: robot.scene_url, session };
    });
  }, [holder, robot]);
  // Right after a change the earlier scene's simulation is still at hand: it is not this one's.
  return opened !== null && opened.scene === robot?.scene_url ? opened.session : null;
}

export function useSessionState(session: Session): SessionState {
  return useSyncExternalStore(session.subscribe, session.getState);
}
