import type { ReactElement } from "react";

/** A button's word, and to who doesn't see what it stands beside, of what. */
export function Label({ text, of }: { text: string; of: string }): ReactElement {
  return (
    <>
      <span aria-hidden="true">{text}</span>
      <span className="unseen">
        {text}: {of}
      </span>
    </>
  );
}
