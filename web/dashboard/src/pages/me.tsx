import { paths, useMyEngagement, type Engagement } from "@mentorhub/analytics";
import type { ReactElement } from "react";

import { Ring } from "../charts/ring.js";
import { useWords } from "../i18n/index.js";
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
