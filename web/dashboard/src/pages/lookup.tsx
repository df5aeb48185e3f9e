import { paths, useUserEngagement } from "@mentorhub/analytics";
import { useState, type ReactElement, type SubmitEvent } from "react";

import { show, useView } from "../address.js";
import { useWords } from "../i18n/index.js";
import { Panel } from "../panel.js";
import { isEngagement, LastActivity, Parts } from "./score.js";

/** A user's score in its four parts. */
export function Lookup(): ReactElement {
  const { user } = useView();
  const { f, t } = useWords();
  const state = useUserEngagement(user);
  const isUnknown = state.error?.status === 404;
  const found = isEngagement(state.data) ? state.data : undefined;
  const isBare = user === null || isUnknown;
  return (
    <Panel
      name="user"
      title={t.lookup.title}
      state={isBare ? null : state}
      {...(found && user ? { path: paths.engagement(user) } : {})}
      aside={<Form key={user} user={user} />}
    >
      {isBare && (
        <p className="empty" role="status">
          {isUnknown ? t.lookup.unknown : t.lookup.hint}
        </p>
      )}
      {found && !isBare && (
        <>
          <p className="person">
            <bdi>{found.username}</bdi>
            <span className="figure">
              <data value={found.engagement_score} data-number="engagement_score">
                {f.count(found.engagement_score)}
              </data>{" "}
              <small>{t.score.of(f.count(100))}</small>
            </span>
          </p>
          <Parts of={found} />
          <LastActivity of={found} />
        </>
      )}
    </Panel>
  );
}

function Form({ user }: { user: number | null }): ReactElement {
  const { t } = useWords();
  const [text, setText] = useState(user ? String(user) : "");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (/^[1-9][0-9]{0,14}$/.test(text)) show({ user: Number(text) });
    else show({ user: null });
  };
  return (
    <form className="lookup" onSubmit={submit}>
      <input
        inputMode="numeric"
        pattern="[1-9][0-9]{0,14}"
        value={text}
        placeholder={t.lookup.label}
        aria-label={t.lookup.label}
        onChange={(event) => setText(event.target.value.trim())}
      />
      <button type="submit">{t.lookup.find}</button>
    </form>
  );
}
