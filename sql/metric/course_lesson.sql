/*
title: {en: Where learners leave a course, ru: Где бросают курс}
meaning:
  en: Lessons in their order, and how many learners reached and completed each, all time.
  ru: Уроки по порядку, и сколько учеников до них дошли и прошли их, за всё время.
stored: false
keys:
  course_id: {type: integer, en: MentorHub's courses.id., ru: Номер курса.}
  place: {type: integer, en: The lesson's place in the course as MentorHub has it., ru: Место урока в курсе.}
  lesson_id: {type: integer, en: MentorHub's lessons.id., ru: Номер урока.}
measures:
  reached: {total: false, en: Learners who began it., ru: Начали урок.}
  completed: {total: false, en: Learners who completed it., ru: Прошли урок.}
  before: {total: false, en: Learners who began the lesson before it; 0 of the first., ru: 'Начали предыдущий урок; 0 для первого.'}
  lost: {total: false, en: How many fewer began it than the lesson before., ru: 'На сколько меньше начали его, чем предыдущий.'}
ratios:
  drop_off:
    is: analytics.ratio(100 * lost, before)
    unit: percent
    en: How many percent of those who began the lesson before did not begin it.
    ru: Доля начавших предыдущий урок, которые не начали этот, %.
chart: bar
*/
SELECT
    course_id,
    least(greatest(place, -9000000000000000000), 9000000000000000000)::bigint AS place,
    lesson_id,
    reached,
    completed,
    coalesce(before, 0) AS before,
    coalesce(before - reached, 0) AS lost
FROM (
    SELECT
        course_id,
        place,
        lesson_id,
        reached,
        completed,
        lag(reached) OVER (PARTITION BY course_id ORDER BY place, lesson_id) AS before
    FROM lesson_progress
    WHERE lessons > 0
) AS placed
