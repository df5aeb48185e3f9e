DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN SELECT back FROM demo_put_aside ORDER BY place DESC LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
