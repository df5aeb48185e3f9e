import { useId, useLayoutEffect, useRef, useState, type ReactElement, type ReactNode } from "react";

/** A sentence, and the language that it is in. */
export interface Meaning {
  text: string;
  lang: string;
}

interface Properties {
  /** What the number is. */
  meaning: Meaning | undefined;
  children: ReactNode;
}

/** A name whose meaning shows on hover and focus, and goes with Escape (WCAG 1.4.13). */
export function Term({ meaning, children }: Properties): ReactElement {
  const id = useId();
  const [isShown, setShown] = useState(false);
  if (!meaning) return <>{children}</>;
  const hide = (): void => setShown(false);
  const show = (): void => setShown(true);
  return (
    <span className="term" onPointerEnter={show} onPointerLeave={hide}>
      <button
        type="button"
        aria-describedby={id}
        onFocus={show}
        onBlur={hide}
        onClick={show}
        onKeyDown={({ key }) => key === "Escape" && hide()}
      >
        {children}
      </button>
      {/* Hidden: part of no heading's name, and still what describes the button. */}
      <span id={id} hidden lang={meaning.lang}>
        {meaning.text}
      </span>
      {isShown && <Bubble {...meaning} />}
    </span>
  );
}

/** Below what it hangs on, and never beyond the window's edge. */
function Bubble({ text, lang }: Meaning): ReactElement {
  const bubble = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = bubble.current;
    const box = element?.parentElement?.getBoundingClientRect();
    if (!element || !box) return;
    const isRight = getComputedStyle(element).direction === "rtl";
    const wanted = isRight ? box.right - element.offsetWidth : box.left;
    const most = document.documentElement.clientWidth - element.offsetWidth - 8;
    element.style.left = `${Math.max(Math.min(wanted, most), 8)}px`;
    element.style.top = `${box.bottom}px`;
  }, []);
  return (
    <span className="bubble" ref={bubble} aria-hidden="true" lang={lang} dir="ltr">
      {text}
    </span>
  );
}
