/*
title:
  en: How courses do
  ru: Успехи курсов
meaning:
  en: How each course does, all time.
  ru: Записи, прогресс и оценки каждого курса за всё время.
keys:
  course_id:
    type: integer
    en: MentorHub's courses.id.
    ru: Номер курса.
labels:
  title:
    unit: text
    en: The course's title.
    ru: Название курса.
measures:
  courses:
    en: 1; 0 where the course is not there and only reviews of it are.
    ru: 1; 0 там, где курса нет, а есть только отзывы о нём.
  enrollments:
    en: Enrolments.
    ru: Записи на курс.
  progress_sum:
    total: false
    unit: percent
    en: Their progress_percent together.
    ru: Сумма их прогресса.
  completed:
    en: Enrolments completed.
    ru: Пройдено до конца.
  ratings:
    en: Reviews of the course that carry a rating.
    ru: Отзывы с оценкой.
  rating_sum:
    unit: stars
    en: Their ratings together.
    ru: Сумма оценок.
ratios:
  avg_progress:
    is: analytics.ratio(progress_sum, enrollments)
    unit: percent
    en: Mean progress of its enrolments, percent.
    ru: Средний прогресс, %.
  completion_rate:
    is: analytics.ratio(100 * completed, enrollments)
    unit: percent
    en: Completed enrolments, percent of all.
    ru: Доля пройденных до конца, %.
  avg_rating:
    is: analytics.ratio(rating_sum, ratings)
    unit: stars
    en: Mean rating.
    ru: Средняя оценка.
generated:
  caseless_title:
    is: coalesce(analytics.caseless(title), '')
    unit: text
    en: The title as it is sorted and searched; empty where there is none.
    ru: Название для поиска и сортировки.
*/
SELECT
    course_id,
    max(title) AS title,
    sum(courses) AS courses,
    sum(enrollments) AS enrollments,
    sum(progress_sum) AS progress_sum,
    sum(completed) AS completed,
    sum(ratings) AS ratings,
    sum(rating_sum) AS rating_sum
FROM (
    SELECT
        id AS course_id,
        title,
        w AS courses,
        0 AS enrollments,
        0 AS progress_sum,
        0 AS completed,
        0 AS ratings,
        0 AS rating_sum
    FROM courses
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        w,
        w * progress_percent,
        w * completed::integer,
        0,
        0
    FROM course_enrollments
    WHERE course_id IS NOT NULL
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        0,
        0,
        0,
        w,
        w * rating
    FROM reviews
    WHERE course_id IS NOT NULL AND rating IS NOT NULL
) AS parts
GROUP BY course_id
