import { area, curveMonotoneX, line } from "d3-shape";
import { memo, useMemo, type ReactElement } from "react";

import { useWords } from "../i18n/index.js";
/** Of the picture's own space, which is stretched to whatever width there is. */
const WIDTH = 100;
const HEIGHT = 40;

/** Points that still are a shape in a finger's width. */
const MOST = 60;

/** Means of as many neighbours as it takes to be few enough. */
function fewer(values: readonly number[]): number[] {
  const size = Math.ceil(values.length / MOST);
  const groups = Math.ceil(values.length / size);
  return Array.from({ length: groups }, (_, group) => {
    const some = values.slice(group * size, (group + 1) * size);
    return some.reduce((sum, value) => sum + value, 0) / some.length;
  });
}

/** The shape of a series: no axis, no words; the chart below has them. */
export const Sparkline = memo(function Sparkline({
  values: all,
}: {
  values: readonly number[];
}): ReactElement {
  const { isRightToLeft } = useWords();
  const values = useMemo(() => fewer(all), [all]);
  const most = Math.max(...values) || 1;
  const step = WIDTH / Math.max(values.length - 1, 1);
  const x = (_: number, index: number): number =>
    isRightToLeft ? WIDTH - index * step : index * step;
  const y = (value: number): number => HEIGHT - 2 - (value / most) * (HEIGHT - 6);
  return (
    <div className="sparkline" aria-hidden="true">
      {values.length > 1 && (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
          <path className="fill" d={area<number>(x, HEIGHT, y).curve(curveMonotoneX)(values) ?? ""} />
          <path className="stroke" d={line<number>(x, y).curve(curveMonotoneX)(values) ?? ""} />
        </svg>
      )}
    </div>
  );
});
