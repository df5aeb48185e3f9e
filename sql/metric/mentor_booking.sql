/*
title: {en: 'First and repeated bookings, by mentor', ru: Первые и повторные записи по менторам}
meaning:
  en: Completed sessions of each mentor by the month they were booked in, and how many learners came back to that mentor.
  ru: 'Завершённые сессии каждого ментора по месяцу записи и сколько учеников пришли к нему снова.'
readers: mentor_id
per: user_id
keys:
  mentor_id: {type: integer, en: MentorHub's mentors.id., ru: Номер ментора.}
  month: {type: month, en: First day of the month in the reporting time zone., ru: Первый день месяца в отчётном часовом поясе.}
measures:
  first: {en: Learners whose first completed session with this mentor was booked in it., ru: 'Ученики, чья первая завершённая сессия с этим ментором записана в этом месяце.'}
  repeated: {en: Completed sessions that were not their learner's first with this mentor., ru: 'Завершённые сессии, которые для ученика с этим ментором не первые.'}
  returned: {en: 'Of the learners who began in it, those with a second completed session with this mentor, whenever.', ru: 'Из начавших в этом месяце: у кого с этим ментором есть и вторая завершённая сессия, когда бы то ни было.'}
ratios:
  returning_share:
    is: analytics.ratio(100 * returned, first)
    unit: percent
    en: 'Learners with a second completed session with this mentor, percent of those with one.'
    ru: 'Доля учеников со второй завершённой сессией с этим ментором, %.'
by: [month]
chart: bar
*/
SELECT
    mentor_id,
    month,
    coalesce(sum(w) FILTER (WHERE place = 1), 0) AS first,
    coalesce(sum(w * completed - (place = 1)::integer), 0) AS repeated,
    coalesce(sum(w) FILTER (WHERE place = 1 AND ever > 1), 0) AS returned
FROM (
    SELECT
        mentor_id,
        month,
        completed,
        w,
        row_number() OVER (PARTITION BY user_id, mentor_id ORDER BY month) AS place,
        sum(completed) OVER (PARTITION BY user_id, mentor_id) AS ever
    FROM learner_month
    WHERE mentor_id <> 0
) AS months
GROUP BY mentor_id, month
