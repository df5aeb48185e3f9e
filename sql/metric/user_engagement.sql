/*
title:
  en: Engagement of learners
  ru: Вовлечённость учеников
meaning:
  en: What each user did as a learner, all time.
  ru: Что каждый пользователь сделал как ученик, за всё время.
readers: user_id
keys:
  user_id:
    type: integer
    en: MentorHub's users.id.
    ru: Номер пользователя.
labels:
  username:
    unit: text
    en: The only personal datum that analytics keeps.
    ru: 'Имя пользователя: единственные личные данные, которые хранит аналитика.'
  last_activity:
    unit: moment
    en: When the newest of the user's sessions, enrolments, lessons, reviews and payments was created.
    ru: Когда созданы новейшие из его сессий, записей, уроков, отзывов и платежей.
measures:
  users:
    en: 1; 0 where the account is not there.
    ru: 1; 0, если учётной записи нет.
  sessions_attended:
    en: Completed sessions as a student.
    ru: Завершённые сессии в роли ученика.
  courses_enrolled:
    en: Enrolments.
    ru: Записи на курсы.
  progress_sum:
    total: false
    unit: percent
    en: Their progress_percent together.
    ru: Сумма прогресса по ним.
  reviews_written:
    en: Reviews written.
    ru: Написанные отзывы.
ratios:
  avg_progress:
    is: analytics.ratio(progress_sum, courses_enrolled)
    unit: percent
    en: Mean progress over the enrolments, percent.
    ru: Средний прогресс по курсам, %.
generated:
  engagement_score:
    # 0.3 * mean progress is 3 * sum / (10 * count), of which nothing is rounded that could go wrong
    is: >-
      least(3 * sessions_attended, 30)
      + least(5 * courses_enrolled, 25)
      + least(analytics.whole(3 * progress_sum, 10 * courses_enrolled), 30)
      + least(5 * reviews_written, 15)
    unit: points
    en: '0 to 100: up to 30 for sessions, 25 for courses, 30 for progress, 15 for reviews.'
    ru: 'От 0 до 100: до 30 за сессии, 25 за курсы, 30 за прогресс, 15 за отзывы.'
ttl: 300
*/
SELECT
    user_id,
    max(username) AS username,
    sum(users) AS users,
    sum(sessions_attended) AS sessions_attended,
    sum(courses_enrolled) AS courses_enrolled,
    sum(progress_sum) AS progress_sum,
    sum(reviews_written) AS reviews_written,
    max(active_at) AS last_activity
FROM (
    SELECT
        id AS user_id,
        username,
        w AS users,
        0 AS sessions_attended,
        0 AS courses_enrolled,
        0 AS progress_sum,
        0 AS reviews_written,
        NULL::timestamptz AS active_at
    FROM users
    UNION ALL
    SELECT
        student_id,
        NULL,
        0,
        w * (status = 'completed')::integer,
        0,
        0,
        0,
        created_at
    FROM sessions
    UNION ALL
    SELECT
        user_id,
        NULL,
        0,
        0,
        w,
        w * progress_percent,
        0,
        created_at
    FROM course_enrollments
    UNION ALL
    SELECT
        user_id,
        NULL,
        0,
        0,
        0,
        0,
        0,
        created_at
    FROM progress
    UNION ALL
    SELECT
        user_id,
        NULL,
        0,
        0,
        0,
        0,
        w,
        created_at
    FROM reviews
    UNION ALL
    SELECT
        student_id,
        NULL,
        0,
        0,
        0,
        0,
        0,
        created_at
    FROM payments
) AS parts
WHERE user_id IS NOT NULL
GROUP BY user_id
