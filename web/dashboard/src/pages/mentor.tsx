import type { Metric } from "@mentorhub/analytics";
import type { ReactElement } from "react";

import { OneMentor, useMentorNames } from "../names.js";
import { Choices } from "../toolbar.js";
import { OfMentor, useAsked } from "./metrics.js";

/** What a mentor looks for first; the others as the catalogue lists them. */
const FIRST = ["session_outcome", "rating", "revenue"];

interface Properties {
  mentor: number;
  /** Those of the catalogue that are about a mentor. */
  metrics: readonly Metric[];
  /** Whether to say whose page it is. */
  isNamed: boolean;
}

/** A mentor's own page: of each metric that the catalogue lists for mentors, their rows. */
export function Mentor({ mentor, metrics, isNamed }: Properties): ReactElement {
  const dated = metrics.find(({ parameters }) => parameters.includes("currency")) ?? metrics.find(({ date }) => date);
  const first = FIRST.flatMap((name) => metrics.filter((metric) => metric.name === name));
  return (
    <OneMentor value={mentor}>
      {dated && <Asked of={dated} />}
      {isNamed && <Whose mentor={mentor} />}
      <OfMentor metrics={[...first, ...metrics.filter((each) => !first.includes(each))]} />
    </OneMentor>
  );
}

/** The same request as a panel's: its answer says which days and currencies there are. */
function Asked({ of }: { of: Metric }): ReactElement {
  const { state } = useAsked(of, true);
  return <Choices page="mentor" window={state.answer?.window} of={state.answer} />;
}

function Whose({ mentor }: { mentor: number }): ReactElement {
  const name = useMentorNames([mentor]);
  return (
    <h2 className="whose">
      <bdi>{name(mentor)}</bdi>
    </h2>
  );
}
