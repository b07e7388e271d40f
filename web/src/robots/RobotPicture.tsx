import { Bot } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";
import { useOwnFile } from "@/api/files";
import type { Robot } from "@/api/types";
import { cx } from "@/ui/kit";

const GROUND =
  "bg-[radial-gradient(ellipse_at_50%_65%,var(--color-line-strong),var(--color-well)_85%)]";

/** A robot as it stands at home; a sign where nobody has drawn it. Its name stands beside it. */
export function RobotPicture({
  robot,
  className,
}: {
  robot: Pick<Robot, "picture_url"> | undefined;
  className?: string;
}): ReactNode {
  const url = useOwnFile(robot?.picture_url ?? null);
  const [missing, setMissing] = useState<string | null>(null);
  return (
    <span className={cx("relative grid place-items-center overflow-hidden", GROUND, className)}>
      {url === null || url === missing ? (
        <Bot className="size-2/5 text-faint" strokeWidth={1.25} aria-hidden />
      ) : (
        <img
          src={url}
          alt=""
          width={480}
          height={360}
          className="absolute inset-0 size-full object-contain"
          onError={() => setMissing(url)}
        />
      )}
    </span>
  );
}
