import { area, curveMonotoneX, line } from "d3-shape";
import { memo, type ReactElement } from "react";

import { useWords } from "../i18n/index.js";
import { useWidth } from "./size.js";

const HEIGHT = 40;

/** The shape of a series: no axis, no words; the chart below has them. */
export const Sparkline = memo(function Sparkline({
  values,
}: {
  values: readonly number[];
}): ReactElement {
  const { isRightToLeft } = useWords();
  const [frame, width] = useWidth<HTMLDivElement>();
  const most = Math.max(...values, 1);
  const step = width / Math.max(values.length - 1, 1);
  const x = (_: number, index: number): number =>
    isRightToLeft ? width - index * step : index * step;
  const y = (value: number): number => HEIGHT - 2 - (value / most) * (HEIGHT - 6);
  return (
    <div className="sparkline" ref={frame} aria-hidden="true">
      {width > 0 && values.length > 1 && (
        <svg width={width} height={HEIGHT}>
          <path className="fill" d={area<number>(x, HEIGHT, y).curve(curveMonotoneX)(values as number[]) ?? ""} />
          <path className="stroke" d={line<number>(x, y).curve(curveMonotoneX)(values as number[]) ?? ""} />
        </svg>
      )}
    </div>
  );
});
