/*
title: {en: Names of mentors, ru: Имена менторов}
meaning:
  en: Which user each mentor is, and the name of that account.
  ru: 'Каким пользователем является каждый ментор, и имя его учётной записи.'
per: user_id
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  mentor_id: {type: integer, en: MentorHub's mentors.id., ru: Номер ментора.}
  username: {free: true, en: The name of the mentor's account., ru: Имя учётной записи ментора.}
measures:
  mentors: {en: Always 1., ru: Всегда 1.}
*/
SELECT
    user_id,
    mentor_id,
    username,
    sum(w * mentors) AS mentors
FROM (
    SELECT
        user_id,
        mentor_id,
        -- no join: a fold would compare each with each
        max(username) OVER (PARTITION BY user_id) AS username,
        mentors,
        w
    FROM (
        SELECT
            user_id,
            mentor_id,
            NULL AS username,
            mentors,
            w
        FROM mentor_account
        UNION ALL
        SELECT
            user_id,
            NULL,
            username,
            NULL,
            w
        FROM user_role
    ) AS parts
) AS named
WHERE mentor_id IS NOT NULL AND username IS NOT NULL
GROUP BY 1, 2, 3
