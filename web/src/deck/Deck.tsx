import type { ReactNode } from "react";
import { Suspense, useId, useState } from "react";
import { Boundary } from "@/ui/Boundary";
import { cx, Skeleton } from "@/ui/kit";
import type { Scene } from "./panel";
import { PANELS } from "./panels";

/** What can be done with the robot: a row of buttons beneath the picture, one panel open at most. */
export function Deck(scene: Scene): ReactNode {
  const [open, setOpen] = useState<string | null>(null);
  const id = useId();
  const panels = PANELS.filter((panel) => panel.fits(scene));
  const shown = panels.find((panel) => panel.id === open);
  if (panels.length === 0) return null;
  return (
    <div className="border-t border-line bg-panel" data-testid="deck">
      {/* Above the buttons: what opens does not push them away. */}
      {shown !== undefined && (
        <section
          id={id}
          aria-label={shown.label}
          className="max-h-[40vh] overflow-y-auto border-b border-line p-3 max-sm:max-h-[28vh] sm:p-4"
        >
          <Boundary key={shown.id}>
            <Suspense fallback={<Skeleton className="h-12" />}>
              <shown.Body {...scene} />
            </Suspense>
          </Boundary>
        </section>
      )}
      <div className="flex gap-1 overflow-x-auto p-1.5">
        {panels.map((panel) => (
          <button
            key={panel.id}
            type="button"
            aria-expanded={panel.id === open}
            aria-controls={panel.id === open ? id : undefined}
            onClick={() => setOpen(panel.id === open ? null : panel.id)}
            className={cx(
              "flex h-8 shrink-0 items-center gap-1.5 rounded-lg px-2.5 text-[13px] transition-colors hover:bg-raised [&>svg]:size-4",
              panel.id === open ? "bg-raised text-accent" : "text-soft hover:text-text",
            )}
          >
            {panel.icon}
            {panel.label}
          </button>
        ))}
      </div>
    </div>
  );
}
