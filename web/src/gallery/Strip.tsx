import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import type { Robot } from "@/api/types";
import { RobotPicture } from "@/robots/RobotPicture";
import { useDark } from "@/ui/ThemeButton";
import { stripOf } from "./strips";

interface Props {
  modelId: string;
  robot: Robot | undefined;
}

/** A short loop of what a model has learnt, made once it is in view; the robot at rest until then. */
export function Strip({ modelId, robot }: Props): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const [seen, setSeen] = useState(false);
  const [url, setUrl] = useState<string | null>(null);

  useEffect(() => {
    const { current } = place;
    if (current === null) return undefined;
    const watcher = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting === true) setSeen(true);
    });
    watcher.observe(current);
    return () => watcher.disconnect();
  }, []);

  useEffect(() => {
    if (!seen || robot === undefined) return undefined;
    let left = false;
    stripOf(modelId, robot, dark).then(
      (made) => left || setUrl(made),
      () => undefined, // the picture of the robot stays
    );
    return () => {
      left = true;
    };
  }, [seen, modelId, robot, dark]);

  return (
    <div ref={place} className="relative aspect-[3/2] overflow-hidden bg-well">
      {url === null ? (
        <RobotPicture robot={robot} className="size-full" />
      ) : (
        <div
          className="strip absolute inset-0"
          data-testid="strip"
          style={{ backgroundImage: `url(${url})` }}
        />
      )}
    </div>
  );
}
