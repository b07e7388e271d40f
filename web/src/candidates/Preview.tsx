import * as Dialog from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { usePreview } from "@/api/queries";
import type { Robot, Task } from "@/api/types";
import { words } from "@/lib/format";
import { IDLE, replayOf } from "@/viewer/drive";
import { Viewer } from "@/viewer/Viewer";

interface PreviewProps {
  task: Task;
  robot: Robot | undefined;
  n: number | null;
  onClose: () => void;
}

/** The recorded motion that a candidate scores highest, played in a window of its own. */
export function Preview({ task, robot, n, onClose }: PreviewProps): ReactNode {
  const { data, error } = usePreview(task.id, n);
  const drive = data === undefined ? IDLE : replayOf(data);
  return (
    <Dialog.Root open={n !== null} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/60 backdrop-blur-sm" />
        <Dialog.Content
          className="card rise fixed inset-4 z-50 m-auto flex max-h-[640px] max-w-3xl flex-col overflow-hidden"
          aria-describedby={undefined}
        >
          <header className="flex items-center justify-between border-b border-line px-5 py-3">
            <Dialog.Title className="text-sm font-medium">
              What candidate {n} likes best among the recordings
              {data !== undefined && <span className="text-faint"> · {words(data.clip)}</span>}
            </Dialog.Title>
            <Dialog.Close aria-label="Close" className="text-soft hover:text-text">
              <X className="size-5" />
            </Dialog.Close>
          </header>
          {error !== null ? (
            <p className="p-6 text-sm text-bad">{error.message}</p>
          ) : (
            <Viewer className="min-h-0 flex-1" robot={robot} drive={drive} bare />
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
