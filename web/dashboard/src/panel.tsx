import { useAnalytics, type AnswerState } from "@mentorhub/analytics";
import { useId, useState, type ReactElement, type ReactNode } from "react";

import { toggleTable, useView } from "./address.js";
import { AsOf, useKnown } from "./fresh.js";
import { useWords } from "./i18n/index.js";
import { Label } from "./label.js";
import { Term, type Meaning } from "./term.js";

interface Properties {
  name: string;
  title: string;
  /** What it shows, in one sentence. */
  meaning?: Meaning;
  /** Of the title, where it is not in the reader's language. */
  lang?: string;
  /** Null where nothing is asked for. */
  state: AnswerState | null;
  /** What the API is asked for, for a file of it. */
  path?: string;
  /** Beside table and files. */
  more?: ReactNode;
  aside?: ReactNode;
  isEmpty?: boolean;
  /** The same as a table; where it is given, the reader chooses. */
  table?: () => ReactNode;
  children: ReactNode;
}

/** A part of the page with its heading, its freshness, and whatever can happen to its answer. */
export function Panel(properties: Properties): ReactElement {
  const { name, title, meaning, lang, state, path, more, aside, isEmpty, table, children } = properties;
  const { t } = useWords();
  const heading = useId();
  const asTable = useView().tables.includes(name) && table;
  useKnown(name, state);
  return (
    <section
      className="panel"
      data-panel={name}
      tabIndex={-1}
      aria-labelledby={heading}
      aria-busy={Boolean(state?.isLoading || state?.isChanging)}
    >
      <header>
        <h2 id={heading} lang={lang}>
          <Term meaning={meaning}>{title}</Term>
        </h2>
        {state && <AsOf state={state} />}
        <div className="tools">
          {more}
          {table && (
            <button type="button" aria-pressed={Boolean(asTable)} onClick={() => toggleTable(name)}>
              <Label text={t.table.show} of={title} />
            </button>
          )}
          {path && <Save path={path} title={title} />}
        </div>
      </header>
      {aside}
      <div className="content">
        <Content state={state} isEmpty={isEmpty ?? false}>
          {asTable ? asTable() : children}
        </Content>
      </div>
    </section>
  );
}

function Content({
  state,
  isEmpty,
  children,
}: {
  state: AnswerState | null;
  isEmpty: boolean;
  children: ReactNode;
}): ReactNode {
  const { t } = useWords();
  if (!state) return children;
  if (state.asOf) return isEmpty ? <p className="empty">{t.states.empty}</p> : children;
  if (state.error) {
    return (
      <div className="trouble" role="alert">
        <p>{t.states.error}</p>
        <p className="detail" lang="en" dir="ltr">
          {state.error.message}
        </p>
        <button type="button" onClick={state.reload}>
          {t.states.again}
        </button>
      </div>
    );
  }
  return (
    <div className="skeleton">
      <span className="unseen">{t.states.loading}</span>
    </div>
  );
}

const FORMATS = ["csv", "xlsx"] as const;

/** Files of exactly what is shown. They need the token, so no link can have them. */
function Save({ path, title }: { path: string; title: string }): ReactElement {
  const analytics = useAnalytics();
  const { t } = useWords();
  const [said, say] = useState("");
  const save = async (format: "csv" | "xlsx"): Promise<void> => {
    say(t.saving);
    try {
      const { name, content } = await analytics.file(path, format);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(content);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      say("");
    } catch (error) {
      say(error instanceof Error ? error.message : t.states.error);
    }
  };
  return (
    <>
      {FORMATS.map((format) => (
        <button key={format} type="button" onClick={() => void save(format)}>
          <span aria-hidden="true">{format.toUpperCase()}</span>
          <span className="unseen">
            {t.save(format.toUpperCase())}: {title}
          </span>
        </button>
      ))}
      <span className="said" role="status">
        {said}
      </span>
    </>
  );
}
