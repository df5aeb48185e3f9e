import { useEffect, useState, type ReactElement, type ReactNode } from "react";

type Parts = typeof import("./parts.js");

let come: Parts | undefined;

/**
 * What the first numbers don't need, as soon as its code has come: rendered in one go. A `lazy` part
 * would be begun anew with each tick of the badge, for ever where a machine is too slow for it.
 */
export function Later({
  fallback,
  children,
}: {
  fallback?: ReactNode;
  children: (parts: Parts) => ReactNode;
}): ReactElement {
  const [parts, setParts] = useState(come);
  useEffect(() => {
    if (!parts) void import("./parts.js").then((all) => setParts((come = all)));
  }, [parts]);
  return <>{parts ? children(parts) : fallback}</>;
}
