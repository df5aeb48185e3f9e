import { paths, useCoursePerformance, type Course } from "@mentorhub/analytics";
import { useDeferredValue, useEffect, useState, type ReactElement } from "react";

import { LIMITS, show, useView } from "../address.js";
import { Meter } from "../charts/meter.js";
import { useWords } from "../i18n/index.js";
import { Figure } from "../numbers.js";
import { Panel } from "../panel.js";

type Column = "enrollments" | "avg_progress" | "completed" | "completion_rate" | "avg_rating";

const COLUMNS: readonly Column[] = [
  "enrollments",
  "avg_progress",
  "completed",
  "completion_rate",
  "avg_rating",
];

/** The API sorts and searches: there may be 10,000 of them. */
export function Courses(): ReactElement {
  const { sort, order, search, limit } = useView();
  const { f, t } = useWords();
  const page = { sort, order, search: useDeferredValue(search), limit };
  const state = useCoursePerformance(page);
  const courses = state.courses ?? [];
  const more = state.answer?.next ? LIMITS.find((each) => each > limit) : undefined;
  const formats: Record<Column, (value: number) => string> = {
    enrollments: f.count,
    avg_progress: f.percent,
    completed: f.count,
    completion_rate: f.percent,
    avg_rating: f.rating,
  };
  return (
    <Panel
      name="courses"
      title={t.courses.title}
      state={state}
      path={paths.courses(page)}
      aside={<Search />}
    >
      {courses.length === 0 ? (
        <p className="empty">{t.courses.none}</p>
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label={`${t.table.show}: ${t.courses.title}`}>
          <table className="courses">
            <thead>
              <tr>
                <Heading column="title" />
                {COLUMNS.map((column) => (
                  <Heading key={column} column={column} />
                ))}
              </tr>
            </thead>
            <tbody>
              {courses.map((course) => (
                <Row key={course.course_id} course={course} formats={formats} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <footer>
        <span role="status">{t.courses.shown(courses.length)}</span>
        {more && (
          <button type="button" onClick={() => show({ limit: more })}>
            {t.courses.more}
          </button>
        )}
        {state.answer?.next && !more && <span>{t.courses.tooMany}</span>}
      </footer>
    </Panel>
  );
}

function Search(): ReactElement {
  const { search } = useView();
  const { t } = useWords();
  const [text, setText] = useState(search);
  useEffect(() => setText(search), [search]);
  useEffect(() => {
    if (text === search) return;
    // A request a word, not one a letter.
    const timer = setTimeout(() => show({ search: text, limit: LIMITS[0] ?? 10 }), 250);
    return () => clearTimeout(timer);
  }, [text, search]);
  return (
    <input
      id="search"
      type="search"
      maxLength={200}
      value={text}
      placeholder={t.courses.search}
      aria-label={t.courses.search}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

function Heading({ column }: { column: Column | "title" }): ReactElement {
  const { sort, order } = useView();
  const { t } = useWords();
  const isSorted = sort === column;
  const isNumber = column !== "title";
  const next = isSorted ? (order === "asc" ? "desc" : "asc") : isNumber ? "desc" : "asc";
  return (
    <th
      scope="col"
      className={isNumber ? "end" : undefined}
      aria-sort={isSorted ? (order === "asc" ? "ascending" : "descending") : "none"}
    >
      <button type="button" onClick={() => show({ sort: column, order: next })}>
        {t.courses.columns[column]}
        <span aria-hidden="true">{isSorted ? (order === "asc" ? " ↑" : " ↓") : ""}</span>
      </button>
    </th>
  );
}

function Row({
  course,
  formats,
}: {
  course: Course;
  formats: Record<Column, (value: number) => string>;
}): ReactElement {
  return (
    <tr data-row={course.course_id}>
      <th scope="row">
        <bdi title={course.course_title}>{course.course_title}</bdi>
      </th>
      {COLUMNS.map((column) => (
        <td key={column} className="end" data-column={column}>
          {column === "completion_rate" && <Meter share={course.completion_rate / 100} />}
          <Figure value={course[column]}>{formats[column](course[column])}</Figure>
        </td>
      ))}
    </tr>
  );
}
