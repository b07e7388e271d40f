import type { ReactNode } from "react";
import { Button, Note } from "@/ui/kit";
import type { Lost } from "./losses";

interface Props {
  lost: Lost | null;
  again: () => void;
}

/** The browser has lost the picture: why, and that the simulation goes on without it. */
export function LostPicture({ lost, again }: Props): ReactNode {
  if (lost === null) return null;
  return (
    <div className="absolute inset-0 z-10 grid place-items-center bg-ink/80 p-6" data-testid="lost">
      <div className="max-w-md">
        <Note
          kind="warn"
          title="The picture was lost"
          action={lost === "asks" ? <Button onClick={again}>Draw it anew</Button> : undefined}
        >
          The browser took the graphics context away, as it does when the graphics driver fails or
          too many pages draw at once. The simulation goes on
          {lost === "moment" ? "; its picture comes back in a moment." : "."}
        </Note>
      </div>
    </div>
  );
}
