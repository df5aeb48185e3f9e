import { arc } from "d3-shape";
import type { ReactElement } from "react";

import { useWords } from "../i18n/index.js";
import type { Part } from "../score.js";

const SIZE = 208;
const GAP = 0.02;

/** The score as a ring of its four parts: each has the arc that its most would fill. */
export function Ring({ score, parts }: { score: number; parts: readonly Part[] }): ReactElement {
  const { f, t, isRightToLeft } = useWords();
  const draw = arc<{ from: number; to: number }>()
    .innerRadius(SIZE / 2 - 18)
    .outerRadius(SIZE / 2)
    .cornerRadius(4)
    .startAngle(({ from }) => from)
    .endAngle(({ to }) => to);
  let from = 0;
  return (
    <div className="ring">
      <svg
        width={SIZE}
        height={SIZE}
        viewBox={`${-SIZE / 2} ${-SIZE / 2} ${SIZE} ${SIZE}`}
        aria-hidden="true"
      >
        <g transform={isRightToLeft ? "scale(-1,1)" : undefined}>
          {parts.map(({ name, most, points }) => {
            const begin = from + GAP;
            from += (most / 100) * 2 * Math.PI;
            const end = from - GAP;
            const reached = begin + (end - begin) * (points / most);
            return (
              <g key={name} data-part={name}>
                <path className="track" d={draw({ from: begin, to: end }) ?? ""} />
                {points > 0 && <path className="reached" d={draw({ from: begin, to: reached }) ?? ""} />}
              </g>
            );
          })}
        </g>
      </svg>
      <p>
        <data value={score} data-number="engagement_score">
          {f.count(score)}
        </data>
        <span>{t.score.of(f.count(100))}</span>
      </p>
    </div>
  );
}
