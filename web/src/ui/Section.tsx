import type { ReactNode } from "react";

interface Props {
  title: string;
  icon?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}

/** A titled part of a card. */
export function Section({ title, icon, action, children }: Props): ReactNode {
  return (
    <div className="border-t border-line px-4 py-3.5 sm:px-5">
      <div className="mb-2 flex items-center justify-between gap-3">
        <h4 className="flex items-center gap-1.5 text-xs font-medium text-faint">
          {icon}
          {title}
        </h4>
        {action}
      </div>
      {children}
    </div>
  );
}
