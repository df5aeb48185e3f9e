-- So many rows of one table inserted, moved to other owners, names or days, or deleted again.
CREATE FUNCTION pg_temp.burst(mirrored text, deed text, changes integer, is_skewed boolean) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    first_id constant integer := 100000000;
    -- rows of their own owners, or one that owns them all
    owner    constant text := CASE WHEN is_skewed THEN '1' ELSE '1 + n' END;
    fresh    text := CASE mirrored
        WHEN 'users' THEN '''u'' || n, ''STUDENT'', true, true, created_at'
        WHEN 'courses' THEN '''c'' || n, true'
        WHEN 'sessions' THEN owner || ', ' || owner || ', 60, ''COMPLETED'', created_at'
        WHEN 'course_enrollments' THEN owner || ', 1 + n, 50, false, created_at'
        WHEN 'progress' THEN owner || ', created_at'
        WHEN 'reviews' THEN owner || ', ' || owner || ', 5, created_at'
        WHEN 'payments' THEN owner || ', 99000, ''RUB'', ''COMPLETED'', created_at'
    END;
    moved    text := CASE mirrored
        WHEN 'users' THEN 'username = username || ''x'', created_at = created_at - interval ''1 day'''
        WHEN 'courses' THEN 'title = title || ''x'''
        WHEN 'sessions' THEN 'student_id = student_id + 1, mentor_id = mentor_id + 1'
        WHEN 'payments' THEN 'student_id = student_id + 1, currency = ''USD'''
        ELSE 'user_id = user_id + 1'
    END;
BEGIN
    EXECUTE format(
        CASE deed
            WHEN 'insert' THEN 'INSERT INTO public.%1$I SELECT %2$s + n, %4$s'
                ' FROM generate_series(1, %3$s) AS n,'
                ' LATERAL (SELECT now() - n %% 400 * interval ''1 day'' AS created_at) AS moment'
            WHEN 'move' THEN 'UPDATE public.%1$I SET %5$s WHERE id > %2$s'
            WHEN 'delete' THEN 'DELETE FROM public.%1$I WHERE id > %2$s'
        END,
        mirrored, first_id, changes, fresh, moved
    );
END
$$;
