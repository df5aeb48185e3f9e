/*
title: {en: Time to complete a course, ru: Время прохождения курса}
meaning:
  en: How long completed enrolments took, by the day they were completed.
  ru: Сколько времени заняло прохождение курса, по дню завершения.
keys:
  day: {type: day, en: Day of completion in the reporting time zone., ru: День завершения в отчётном часовом поясе.}
  hours: {type: integer, hidden: true, en: 'Hours from enrolment to completion, to the nearest; of 100 or more to two digits.', ru: 'Часы от записи до завершения, с округлением; от 100 до двух знаков.'}
measures:
  completed: {en: Enrolments completed., ru: Пройденные до конца.}
  minutes: {unit: minutes, en: Whole minutes that all of them took together., ru: Целые минуты всех вместе.}
ratios:
  mean_hours:
    is: analytics.ratio(minutes, 60 * completed)
    unit: hours
    en: Mean time from enrolment to completion.
    ru: Среднее время от записи до завершения.
percentiles:
  median_hours: {percent: 50, of: completed, unit: hours, en: Half of the enrolments took no longer., ru: Половина записей пройдена не дольше.}
  p90_hours: {percent: 90, of: completed, unit: hours, en: Nine of ten enrolments took no longer., ru: Девять записей из десяти пройдены не дольше.}
chart: line
*/
SELECT
    day,
    -- to the hour nearly every row would be one of its own
    round(seconds / 3600, CASE WHEN seconds < 360000 THEN 0 WHEN seconds < 3600000 THEN -1 WHEN seconds < 36000000 THEN -2 ELSE -3 END)::bigint AS hours,
    sum(w) AS completed,
    sum(w * floor(seconds / 60)) AS minutes
FROM (
    SELECT
        completed_day AS day,
        extract(EPOCH FROM completed_at - created_at) AS seconds,
        w
    FROM course_enrollments
    WHERE completed AND completed_at >= created_at
) AS spans
GROUP BY 1, 2
