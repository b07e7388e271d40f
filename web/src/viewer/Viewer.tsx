import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import type { Robot } from "@/api/types";
import type { Session } from "@/sim/session";
import { cx } from "@/ui/kit";
import { Controls } from "./Controls";
import type { Drive } from "./drive";
import { useDrive } from "./drive";
import { Figures, LinkBanner, StatusPill } from "./Hud";
import { LostPicture } from "./lost/LostPicture";
import { loadQuality, storeQuality } from "./preferences";
import { useSession, useSessionState } from "./SessionProvider";
import { Unavailable } from "./Unavailable";
import { usePicture } from "./usePicture";
import type { CameraMode, Quality } from "./view";

interface Props {
  /** Not known yet: an empty place. */
  robot: Robot | undefined;
  drive: Drive;
  /** Small views show no numbers. */
  bare?: boolean;
  /** Fade into the page at the top, on wide screens at the left. */
  faded?: boolean;
  className?: string;
}

/** The robot, simulated here, with its controls. */
export function Viewer({ robot, className, ...rest }: Props): ReactNode {
  const session = useSession(robot);
  return (
    <div className={cx("relative overflow-hidden bg-ink", className)}>
      {session !== null && robot !== undefined && (
        <Live key={robot.id} session={session} robot={robot} {...rest} />
      )}
    </div>
  );
}

type LiveProps = Omit<Props, "robot" | "className"> & { session: Session; robot: Robot };

function Live({ session, robot, drive, bare = false, faded = false }: LiveProps): ReactNode {
  const state = useSessionState(session);
  const container = useRef<HTMLDivElement>(null);
  const [quality, setQuality] = useState<Quality>(loadQuality);
  const [slowed, setSlowed] = useState(false);
  const [mode, setMode] = useState<CameraMode>("follow");
  const { scene } = state;
  const picture = usePicture(container, {
    session,
    robot,
    scene,
    quality,
    onSlow: () => {
      setQuality("low");
      setSlowed(true);
    },
  });
  const { view } = picture;

  useDrive(session, drive);

  useEffect(() => {
    if (view !== null) view.mode = mode;
  }, [view, mode]);

  const choose = (next: Quality): void => {
    setQuality(next);
    setSlowed(false);
    storeQuality(next);
  };

  if (state.failure !== null || picture.fault !== null) {
    return <Unavailable failure={state.failure} webgl={picture.fault} />;
  }
  return (
    <>
      <div ref={container} className="absolute inset-0" data-testid="viewer" />
      {faded && (
        <div className="pointer-events-none absolute inset-x-0 top-0 h-16 bg-gradient-to-b from-ink max-lg:hidden lg:inset-y-0 lg:right-auto lg:h-auto lg:w-48 lg:bg-gradient-to-r" />
      )}
      {scene === null && <Loading />}
      <LostPicture lost={picture.lost} again={picture.again} />
      <div className="pointer-events-none absolute inset-0 flex flex-col justify-between p-3 sm:p-4">
        <div className="flex flex-wrap items-start justify-between gap-2">
          <StatusPill state={state} drive={drive} />
          {!bare && <Figures state={state} drive={drive} robot={robot} />}
        </div>
        <LinkBanner state={state} drive={drive} session={session} />
        <Controls
          session={session}
          paused={state.paused}
          mode={mode}
          onMode={setMode}
          onCentre={() => view?.centre()}
          quality={quality}
          slowed={slowed}
          onQuality={choose}
          posed={state.posed}
          pushable={drive.kind !== "replay" && !state.posed}
          canvas={view?.canvas ?? null}
        />
      </div>
    </>
  );
}

function Loading(): ReactNode {
  return (
    <div className="absolute inset-0 grid place-items-center text-sm text-faint" role="status">
      <span className="animate-pulse">Starting the physics engine…</span>
    </div>
  );
}
