/*
title: {en: Days of activity, ru: Дни активности}
meaning:
  en: The days on which each user created a session, an enrolment, a lesson's progress, a review or a payment.
  ru: 'Дни, в которые пользователь создал сессию, запись на курс, урок, отзыв или платёж.'
readers: user_id
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  day: {type: day, en: Day in the reporting time zone., ru: День в отчётном часовом поясе.}
measures:
  events: {en: What was created on it., ru: Сколько всего создано в этот день.}
chart: bar
ttl: 300
*/
SELECT
    user_id,
    day,
    sum(w) AS events
FROM (
    SELECT
        student_id AS user_id,
        day,
        w
    FROM sessions
    UNION ALL
    SELECT
        user_id,
        day,
        w
    FROM course_enrollments
    UNION ALL
    SELECT
        user_id,
        day,
        w
    FROM progress
    UNION ALL
    SELECT
        user_id,
        day,
        w
    FROM reviews
    UNION ALL
    SELECT
        student_id,
        day,
        w
    FROM payments
) AS parts
GROUP BY user_id, day
