import { paths, useMetric, useMyEngagement, type Engagement } from "@mentorhub/analytics";
import { useMemo, type ReactElement } from "react";

import { DayChart, DayTable } from "../charts/days.js";
import { Ring } from "../charts/ring.js";
import { useWords } from "../i18n/index.js";
import { Delta, Figure } from "../numbers.js";
import { Panel } from "../panel.js";
import { nextSteps, parts } from "../score.js";
import { isEngagement, LastActivity, Parts } from "./score.js";

/** The learner's own page. */
export function Me(): ReactElement {
  const { t } = useWords();
  const state = useMyEngagement();
  const mine = isEngagement(state.data) ? state.data : undefined;
  if (state.error?.status === 404) return <p className="notice">{t.states.unknownUser}</p>;
  return (
    <div className="me">
      <Panel
        name="score"
        title={mine ? `${t.score.title}: ${mine.username}` : t.score.title}
        state={state}
        path={paths.myEngagement()}
      >
        {mine && (
          <div className="score">
            <Ring score={mine.engagement_score} parts={parts(mine)} />
            <Parts of={mine} />
          </div>
        )}
      </Panel>
      {mine && <Recent user={mine.user_id} />}
      <div className="pair">
        <Panel name="raise" title={t.score.raise} state={state}>
          {mine && <Raise of={mine} />}
        </Panel>
        <Panel name="activity" title={t.score.activity} state={state}>
          {mine && (
            <>
              <LastActivity of={mine} />
              <p className="rules">
                <strong>{t.score.how}.</strong> {t.score.rules}
              </p>
            </>
          )}
        </Panel>
      </div>
    </div>
  );
}

/** What the learner did in the last 30 days, beside the 30 before. */
function Recent({ user }: { user: number }): ReactElement {
  const { f, t } = useWords();
  const asked = { days: 30, by: ["day"], compare: true, with: { user_id: String(user) } };
  const state = useMetric("active_day", asked);
  const days = useMemo(
    () => (state.rows ?? []).map((row) => ({ date: String(row["day"]), value: Number(row["events"]) })),
    [state.rows],
  );
  const events = state.total?.["events"];
  const chart = { label: t.score.recent, days, format: t.score.events };
  return (
    <Panel
      name="recent"
      title={t.score.recent}
      state={state}
      path={paths.metric("active_day", asked)}
      table={() => <DayTable {...chart} format={f.count} heading={t.score.activity} />}
    >
      {events !== undefined && (
        <p className="recent" data-number="active_day.events">
          <Figure value={events}>{t.score.events(events)}</Figure>{" "}
          <Delta change={state.comparison?.metrics["events"]} format={f.count} />
          <small>{t.score.counted}</small>
        </p>
      )}
      {events ? <DayChart {...chart} /> : null}
    </Panel>
  );
}

function Raise({ of }: { of: Engagement }): ReactElement {
  const { f, t } = useWords();
  const steps = nextSteps(of);
  const progress = parts(of).find(({ name }) => name === "progress");
  const hasRoom = progress && progress.points < progress.most;
  const points = steps.reduce((sum, step) => sum + step.points, 0);
  if (!steps.length && !hasRoom) return <p className="empty">{t.score.full}</p>;
  return (
    <ul className="raise">
      {points > 0 && (
        <li>
          <span>{steps.map(({ part, times }) => t.score.steps[part](times)).join(t.score.and)}</span>
          <data value={points}>{f.signed(points)}</data>
        </li>
      )}
      {steps.length > 1 &&
        steps.map(({ part, times, points: each }) => (
          <li key={part} className="minor">
            <span>{t.score.steps[part](times)}</span>
            <data value={each}>{f.signed(each)}</data>
          </li>
        ))}
      {hasRoom && <li className="minor">{t.score.progress}</li>}
    </ul>
  );
}
