import * as Menu from "@radix-ui/react-dropdown-menu";
import { Download as Arrow } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";
import { useDownload, useExportFormats } from "@/api/exports";
import { Button, Note } from "@/ui/kit";

/** A menu of the formats in which a model can be taken away; each is a zip. */
export function Download({ modelId }: { modelId: string }): ReactNode {
  const [open, setOpen] = useState(false);
  const { data: formats, error, isFetching } = useExportFormats(modelId, open);
  const download = useDownload(modelId);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Menu.Root open={open} onOpenChange={setOpen}>
        <Menu.Trigger asChild>
          <Button tone="quiet" busy={download.isPending}>
            {!download.isPending && <Arrow className="size-4" aria-hidden />}
            Download
          </Button>
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Content
            align="end"
            sideOffset={8}
            collisionPadding={16}
            className="rise z-50 w-[min(20rem,calc(100vw-2rem))] rounded-xl border border-line-strong bg-panel p-1.5 shadow-2xl"
          >
            {formats?.map(({ name, words }) => (
              <Menu.Item
                key={name}
                onSelect={() => download.mutate(name)}
                className="flex cursor-pointer items-baseline justify-between gap-3 rounded-lg px-3 py-2 text-sm outline-none data-[highlighted]:bg-raised"
              >
                <span>{words}</span>
                <span className="font-mono text-xs text-faint">{name}</span>
              </Menu.Item>
            ))}
            {formats === undefined && (
              <p className="p-3 text-sm text-faint" role="status">
                {isFetching ? "Loading…" : (error?.message ?? "There are no formats.")}
              </p>
            )}
          </Menu.Content>
        </Menu.Portal>
      </Menu.Root>
      {download.error !== null && <Note kind="bad" title={download.error.message} />}
    </div>
  );
}
