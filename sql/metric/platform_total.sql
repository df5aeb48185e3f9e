/*
title:
  en: The platform
  ru: Платформа
meaning:
  en: The platform in one row, all time.
  ru: Пользователи, сессии, курсы и отзывы одной строкой, за всё время.
keys:
  id:
    type: integer
    en: Always 1.
    ru: Всегда 1.
measures:
  users:
    en: Accounts.
    ru: Учётные записи.
  students:
    en: Accounts with the role student.
    ru: Учётные записи с ролью ученика.
  mentors:
    en: Accounts with the role mentor.
    ru: Учётные записи с ролью ментора.
  verified_users:
    en: Verified accounts.
    ru: Подтверждённые учётные записи.
  sessions:
    en: Sessions of any status.
    ru: Сессии в любом статусе.
  completed_sessions:
    en: Completed sessions.
    ru: Завершённые сессии.
  scheduled_sessions:
    en: Sessions still scheduled.
    ru: Сессии, которые ещё запланированы.
  courses:
    en: Courses.
    ru: Курсы.
  published_courses:
    en: Active courses.
    ru: Активные курсы.
  enrollments:
    en: Enrolments in any course.
    ru: Записи на любые курсы.
  reviews:
    en: Reviews of mentors and of courses.
    ru: Отзывы о менторах и курсах.
  ratings:
    en: Reviews that carry a rating.
    ru: Отзывы с оценкой.
  rating_sum:
    unit: stars
    en: Their ratings together.
    ru: Сумма этих оценок.
ratios:
  verification_rate:
    is: analytics.ratio(100 * verified_users, users)
    unit: percent
    en: Verified accounts, percent of all.
    ru: Доля подтверждённых пользователей, %.
  completion_rate:
    is: analytics.ratio(100 * completed_sessions, sessions)
    unit: percent
    en: Completed sessions, percent of all.
    ru: Доля завершённых сессий, %.
  avg_enrollments_per_course:
    is: analytics.ratio(enrollments, courses)
    en: Enrolments per course, published or not.
    ru: Записей на курс в среднем.
  average_rating:
    is: analytics.ratio(rating_sum, ratings)
    unit: stars
    en: Mean rating of all reviews that carry one.
    ru: Средняя оценка.
by: []
ttl: 300
*/
SELECT
    1 AS id,
    accounts.*,
    meetings.*,
    catalogue.*,
    enrolled.*,
    opinions.*
FROM
    (
        SELECT
            coalesce(sum(w), 0) AS users,
            coalesce(sum(w) FILTER (WHERE role = 'student'), 0) AS students,
            coalesce(sum(w) FILTER (WHERE role = 'mentor'), 0) AS mentors,
            coalesce(sum(w) FILTER (WHERE is_verified), 0) AS verified_users
        FROM users
    ) AS accounts,
    (
        SELECT
            coalesce(sum(w), 0) AS sessions,
            coalesce(sum(w) FILTER (WHERE status = 'completed'), 0) AS completed_sessions,
            coalesce(sum(w) FILTER (WHERE status = 'scheduled'), 0) AS scheduled_sessions
        FROM sessions
    ) AS meetings,
    (
        SELECT
            coalesce(sum(w), 0) AS courses,
            coalesce(sum(w) FILTER (WHERE is_active), 0) AS published_courses
        FROM courses
    ) AS catalogue,
    (
        SELECT coalesce(sum(w), 0) AS enrollments
        FROM course_enrollments
    ) AS enrolled,
    (
        SELECT
            coalesce(sum(w), 0) AS reviews,
            coalesce(sum(w) FILTER (WHERE rating IS NOT NULL), 0) AS ratings,
            coalesce(sum(w * rating), 0) AS rating_sum
        FROM reviews
    ) AS opinions
