import type { Engagement } from "@mentorhub/analytics";
import type { ReactElement } from "react";

import { Meter } from "../charts/meter.js";
import { useWords } from "../i18n/index.js";
import { parts } from "../score.js";

export function isEngagement(body: Partial<Engagement> | undefined): body is Engagement {
  return body?.user_id !== undefined;
}

/** The four parts: points of how many, and what they are made of. */
export function Parts({ of }: { of: Engagement }): ReactElement {
  const { f, t } = useWords();
  return (
    <table className="parts">
      <caption className="unseen">{t.score.title}</caption>
      <tbody>
        {parts(of).map(({ name, points, most, amount }) => (
          <tr key={name} data-part={name}>
            <th scope="row">
              {t.score.parts[name]}
              <small>
                <data value={amount} data-number={`amount.${name}`}>
                  {t.score.amounts[name](amount, f.percent(amount))}
                </data>
              </small>
            </th>
            <td>
              <Meter share={points / most} tone={`part-${name}`} />
            </td>
            <td className="end">
              <data value={points} data-number={`points.${name}`}>
                {f.number(points)}
              </data>{" "}
              <small>{t.score.of(f.count(most))}</small>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function LastActivity({ of }: { of: Engagement }): ReactElement {
  const { f, t } = useWords();
  const when = of.last_activity ? new Date(of.last_activity) : null;
  return (
    <p className="last">
      {when ? (
        <>
          {t.score.last}: <time dateTime={of.last_activity ?? ""}>{f.moment(when)}</time>
        </>
      ) : (
        t.score.never
      )}
    </p>
  );
}
