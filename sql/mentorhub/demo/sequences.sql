SELECT
    setval(pg_get_serial_sequence('users', 'id'), (SELECT max(id) FROM users)),
    setval(pg_get_serial_sequence('mentors', 'id'), (SELECT max(id) FROM mentors)),
    setval(pg_get_serial_sequence('courses', 'id'), (SELECT max(id) FROM courses)),
    setval(pg_get_serial_sequence('lessons', 'id'), (SELECT max(id) FROM lessons)),
    setval(pg_get_serial_sequence('sessions', 'id'), (SELECT max(id) FROM sessions)),
    setval(
        pg_get_serial_sequence('course_enrollments', 'id'), (SELECT max(id) FROM course_enrollments)
    ),
    setval(pg_get_serial_sequence('progress', 'id'), (SELECT max(id) FROM progress)),
    setval(pg_get_serial_sequence('reviews', 'id'), (SELECT max(id) FROM reviews)),
    setval(pg_get_serial_sequence('payments', 'id'), (SELECT max(id) FROM payments)),
    setval(pg_get_serial_sequence('subscriptions', 'id'), (SELECT max(id) FROM subscriptions)),
    setval(pg_get_serial_sequence('messages', 'id'), (SELECT max(id) FROM messages));
