import type { RefObject } from "react";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Robot } from "@/api/types";
import type { Connection } from "@/sim/messages";
import { useDark } from "@/ui/ThemeButton";
import type { GroupState } from "./group";
import { Group } from "./group";
import type { GroupView } from "./groupView";
import { tooSlow } from "./slowness";

/** So long a machine may be too slow before a robot less is drawn. */
const PATIENCE_MS = 4000;
const NOTHING: GroupState = {
  scene: null,
  failure: null,
  paused: false,
  trouble: null,
  links: [],
  stats: [],
};
const nothing = (): GroupState => NOTHING;
const never = () => () => undefined;

/** The robots that these connections drive; started anew when they are others. */
export function useGroup(
  robot: Robot,
  sceneUrl: string,
  connections: readonly Connection[],
): Group | null {
  const [group, setGroup] = useState<Group | null>(null);
  const key = JSON.stringify(connections);
  const wanted = useMemo(() => JSON.parse(key) as Connection[], [key]);
  useEffect(() => {
    const made = new Group(sceneUrl, robot, wanted);
    setGroup(made);
    return () => {
      setGroup(null);
      made.dispose();
    };
  }, [robot, sceneUrl, wanted]);
  return group;
}

export function useGroupState(group: Group | null): GroupState {
  return useSyncExternalStore(group?.subscribe ?? never, group?.getState ?? nothing);
}

interface Picture {
  fault: string | null;
  drawn: number;
}

/** Their picture in `container`; where the machine cannot draw so many, fewer. */
export function useGroupPicture(
  group: Group | null,
  robot: Robot,
  container: RefObject<HTMLElement | null>,
  places: RefObject<(HTMLElement | null)[]>,
): Picture {
  const { scene, stats, links, paused } = useGroupState(group);
  const dark = useDark();
  const [view, setView] = useState<GroupView | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [fewer, setFewer] = useState(0);
  const [round, setRound] = useState(0);
  const count = group?.members.length ?? 0;
  const slow = !paused && tooSlow(links, stats, robot.control_hz);

  useEffect(() => {
    const element = container.current;
    if (element === null || scene === null || group === null) return undefined;
    let left = false;
    let next: GroupView | null = null;
    void import("./groupView")
      .then((module) => {
        if (left) return;
        const { camera, control_hz: controlHz } = robot;
        next = new module.GroupView(element, () => places.current, group.members, {
          scene,
          camera,
          controlHz,
          dark,
        });
        next.onLost = () => setTimeout(() => setRound(round + 1), 1000);
        if (robot.visuals_url !== null)
          void next.loadMeshes(robot.visuals_url).catch(() => undefined);
        setView(next);
      })
      .catch((error: unknown) => setFault(error instanceof Error ? error.message : String(error)));
    return () => {
      left = true;
      setView(null);
      next?.dispose();
    };
  }, [group, scene, robot, dark, container, places, round]);

  useEffect(() => {
    if (!slow || fewer >= count - 1) return undefined;
    const timer = setTimeout(() => setFewer(fewer + 1), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [slow, fewer, count]);

  const drawn = Math.max(1, count - fewer);
  useEffect(() => {
    if (view !== null) view.drawn = drawn;
  }, [view, drawn]);
  return { fault, drawn };
}
