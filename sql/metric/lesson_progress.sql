/*
title: {en: Lessons, ru: Уроки}
meaning:
  en: Each lesson, its place in the course, and how many learners began and completed it, all time.
  ru: Уроки, их место в курсе и сколько учеников их начали и прошли, за всё время.
keys:
  course_id: {type: integer, en: MentorHub's courses.id., ru: Номер курса.}
  lesson_id: {type: integer, en: MentorHub's lessons.id., ru: Номер урока.}
measures:
  lessons: {en: 1; 0 where the lesson is not there and only progress in it is., ru: '1; 0, если урока нет, а есть только прогресс по нему.'}
  place: {en: Its place in the course as MentorHub has it., ru: Его место в курсе.}
  reached: {en: Learners who began it., ru: Начали урок.}
  completed: {en: Learners who completed it., ru: Прошли урок.}
listed: false
*/
SELECT
    course_id,
    lesson_id,
    sum(lessons) AS lessons,
    coalesce(sum(place), 0) AS place,
    sum(reached) AS reached,
    sum(completed) AS completed
FROM (
    SELECT
        course_id,
        id AS lesson_id,
        w AS lessons,
        w * place AS place,
        0 AS reached,
        0 AS completed
    FROM lessons
    UNION ALL
    SELECT
        course_id,
        lesson_id,
        0,
        0,
        w,
        w * completed::integer
    FROM progress
) AS parts
GROUP BY course_id, lesson_id
