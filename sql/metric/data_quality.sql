/*
title: {en: Data that is not as it should be, ru: Ошибки в данных}
meaning:
  en: Rows of MentorHub's that contradict each other or the calendar, today.
  ru: 'Строки MentorHub, которые противоречат друг другу или календарю, на сегодня.'
stored: false
keys:
  check:
    en: 'What is wrong: `lessons_done`, as many lessons completed as the course has, and the course not; `review_of_nothing`, a rating of a course that is not there, or of nothing; `session_past`, still scheduled for a day that is over.'
    ru: 'lessons_done: пройдены все уроки, но не курс; review_of_nothing: оценка без курса и ментора; session_past: запланирована на прошедший день.'
    values:
      lessons_done: {en: 'All lessons done, course still open', ru: 'Уроки пройдены, курс не завершён', zh: 课时已全部完成，课程未结, he: 'כל השיעורים הושלמו, הקורס פתוח'}
      review_of_nothing: {en: Review of nothing, ru: Отзыв ни о чём, zh: 评价没有对象, he: ביקורת שאינה על דבר}
      session_past: {en: 'Day is over, session still scheduled', ru: 'День прошёл, сессия ещё запланирована', zh: 日期已过，辅导课仍待进行, he: 'היום עבר, המפגש עדיין מתוכנן'}
measures:
  rows: {en: 'Enrolments, reviews or sessions.', ru: 'Записи на курс, отзывы или сессии.'}
chart: bar
*/
SELECT
    known."check",
    coalesce(sum(found.rows), 0) AS rows
FROM
    (VALUES ('lessons_done'), ('review_of_nothing'), ('session_past')) AS known ("check")
    LEFT JOIN data_quality_row() AS found USING ("check")
GROUP BY 1
