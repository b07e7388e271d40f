import type { ReactNode } from "react";
import { cx } from "@/ui/kit";

interface ToolProps {
  label: string;
  onClick: () => void;
  icon: ReactNode;
  active?: boolean;
}

/** One of the round buttons over the picture. */
export function Tool({ label, onClick, icon, active = false }: ToolProps): ReactNode {
  return (
    <button
      type="button"
      onClick={onClick}
      title={label}
      aria-label={label}
      className={cx(
        "grid size-8 place-items-center rounded-lg transition-colors hover:bg-raised [&>svg]:size-4",
        active ? "text-accent" : "text-soft hover:text-text",
      )}
    >
      {icon}
    </button>
  );
}
