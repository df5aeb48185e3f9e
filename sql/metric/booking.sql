/*
title: {en: First and repeated bookings, ru: Первые и повторные записи}
meaning:
  en: Completed sessions by the month they were booked in, and how many learners came back after their first.
  ru: Завершённые сессии по месяцу записи и сколько учеников пришли снова после первой.
per: user_id
keys:
  month: {type: month, en: First day of the month in the reporting time zone., ru: Первый день месяца в отчётном часовом поясе.}
measures:
  first: {en: Learners whose first completed session was booked in it., ru: 'Ученики, чья первая завершённая сессия записана в этом месяце.'}
  repeated: {en: Completed sessions that were not their learner's first., ru: 'Завершённые сессии, которые для ученика не первые.'}
  returned: {en: 'Of the learners who began in it, those with a second completed session, whenever.', ru: 'Из начавших в этом месяце: у кого есть и вторая завершённая сессия, когда бы то ни было.'}
ratios:
  returning_share:
    is: analytics.ratio(100 * returned, first)
    unit: percent
    en: Learners with a second completed session, percent of those with one.
    ru: Доля учеников со второй завершённой сессией, %.
chart: bar
*/
SELECT
    month,
    coalesce(sum(w) FILTER (WHERE place = 1), 0) AS first,
    coalesce(sum(w * completed - (place = 1)::integer), 0) AS repeated,
    coalesce(sum(w) FILTER (WHERE place = 1 AND ever > 1), 0) AS returned
FROM (
    SELECT
        month,
        completed,
        w,
        row_number() OVER (PARTITION BY user_id ORDER BY month, mentor_id) AS place,
        sum(completed) OVER (PARTITION BY user_id) AS ever
    FROM learner_month
) AS months
GROUP BY month
