import { Link2 } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";
import { useMe, useShare, useUnshare } from "@/api/people";
import { at } from "@/lib/place";
import { Button } from "@/ui/kit";

/** A link for others to look at a model; only where people log in, elsewhere its address will do. */
export function Share({ modelId }: { modelId: string }): ReactNode {
  const { data: me } = useMe();
  const share = useShare(modelId);
  const unshare = useUnshare(modelId);
  const [shown, setShown] = useState(false);
  if (me === undefined || me.log_in === "none" || me.guest_of !== null) return null;
  const link = share.data === undefined ? null : new URL(at(share.data.path));
  return (
    <div className="flex flex-wrap items-center gap-2">
      {shown && link !== null && (
        <input
          readOnly
          aria-label="Link to this model"
          value={link.href}
          onFocus={({ target }) => target.select()}
          className="h-8 w-64 rounded-md border border-line-strong bg-well px-2 font-mono text-xs"
        />
      )}
      <Button
        tone="quiet"
        busy={share.isPending}
        onClick={() => share.mutate(undefined, { onSuccess: () => setShown(true) })}
      >
        <Link2 className="size-4" aria-hidden /> Share by a link
      </Button>
      <Button
        tone="quiet"
        busy={unshare.isPending}
        onClick={() => unshare.mutate(undefined, { onSuccess: () => setShown(false) })}
      >
        End all links
      </Button>
    </div>
  );
}
