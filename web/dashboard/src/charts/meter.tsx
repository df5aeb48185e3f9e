import type { CSSProperties, ReactElement } from "react";

/** A share of 0 to 1 as a bar; the number beside it says it in words. */
export function Meter({ share, tone }: { share: number; tone?: string }): ReactElement {
  const style = { "--share": Math.min(Math.max(share, 0), 1) } as CSSProperties;
  return <span className="meter" data-tone={tone} style={style} aria-hidden="true" />;
}
