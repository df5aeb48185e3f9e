/*
title: {en: Learners at risk, ru: Ученики под угрозой ухода}
meaning:
  en: Learners with a course that is not completed, by why they may leave it today; once in each course.
  ru: 'Ученики с незавершённым курсом и почему они могут его бросить, на сегодня; по разу в каждом курсе.'
stored: false
keys:
  reason:
    en: 'Why: `inactive`, no activity for 7 days or more, or `behind`, below 25 percent after 14 days.'
    ru: 'inactive: 7 дней и больше без активности; behind: меньше 25 % через 14 дней.'
    values:
      inactive: {en: Inactive, ru: Неактивны, zh: 不活跃, he: לא פעילים}
      behind: {en: Behind, ru: Отстают, zh: 进度落后, he: מתקדמים לאט}
  course_id: {type: integer, en: MentorHub's courses.id., ru: Номер курса.}
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
measures:
  learners: {total: false, en: Learners., ru: Ученики.}
by: [reason]
chart: bar
*/
SELECT
    reason,
    course_id,
    user_id,
    CASE reason WHEN 'inactive' THEN sum(enrollments) ELSE sum(low) END AS learners
FROM
    enrollment_open
    -- staff is left out
    INNER JOIN learner_day USING (user_id)
    CROSS JOIN (SELECT max(day) AS today FROM freshness) AS clock
    CROSS JOIN (VALUES ('inactive'), ('behind')) AS reasons (reason)
WHERE
    CASE reason
        WHEN 'inactive' THEN greatest(enrollment_open.day, learner_day.day) <= today - 7
        ELSE low > 0 AND enrollment_open.day <= today - 14
    END
GROUP BY reason, course_id, user_id
