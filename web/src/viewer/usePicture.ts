import type { RefObject } from "react";
import { useEffect, useRef, useState } from "react";
import type { Robot } from "@/api/types";
import type { SceneInfo } from "@/sim/messages";
import type { Session } from "@/sim/session";
import { useDark } from "@/ui/ThemeButton";
import type { Lost } from "./lost/losses";
import { useRounds } from "./lost/useRounds";
import type { Look, Quality, View } from "./view";

export interface Picture {
  view: View | null;
  /** Why there can be none. */
  fault: string | null;
  /** The graphics context is gone. */
  lost: Lost | null;
  again: () => void;
}

interface Wanted {
  session: Session;
  robot: Robot;
  scene: SceneInfo | null;
  quality: Quality;
  onSlow: () => void;
}

/** The renderer of a session in `container`; replaced when its graphics context is lost. */
export function usePicture(container: RefObject<HTMLElement | null>, wanted: Wanted): Picture {
  const { session, scene, quality, onSlow } = wanted;
  const { camera, control_hz: controlHz, ink, visuals_url: visualsUrl } = wanted.robot;
  const dark = useDark();
  const [view, setView] = useState<View | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const { round, losses, lost, setLost, again } = useRounds();
  const looked = useRef<{ at: Session; look: Look } | null>(null);
  const slow = useRef(onSlow);
  slow.current = onSlow;

  useEffect(() => {
    // The renderer is large and needed only here: it comes while the scene is being compiled.
    const renderer = import("./view");
    renderer.catch(() => undefined); // told below
    const element = container.current;
    if (element === null || scene === null) return undefined;
    let left = false;
    let next: View | null = null;
    void renderer
      .then((module) => {
        if (left) return;
        next = new module.View(element, session, { scene, camera, controlHz, quality, ink, dark });
        if (looked.current?.at === session) next.look = looked.current.look;
        next.onSlow = () => slow.current();
        next.onLost = () => setLost(losses.lost(round));
        // Primitives stay where the meshes cannot be had: the picture is plainer, not broken.
        if (visualsUrl !== null) void next.loadMeshes(visualsUrl).catch(() => undefined);
        setView(next);
        setLost(null);
      })
      .catch((error: unknown) => setFault(error instanceof Error ? error.message : String(error)));
    return () => {
      left = true;
      losses.forget();
      setView(null);
      if (next !== null) looked.current = { at: session, look: next.look };
      next?.dispose();
    };
  }, [
    container,
    session,
    scene,
    camera,
    controlHz,
    quality,
    ink,
    dark,
    visualsUrl,
    round,
    losses,
    setLost,
  ]);

  return { view, fault, lost, again };
}
