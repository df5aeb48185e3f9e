-- Runs a statement that holds MentorHub's address, and with it a password: %L is where it stands.
-- What a server logs, definitions and statements that fail, is what it was sent; what a function
-- runs is not logged, as long as its error is not passed on with the statement as context.
CREATE OR REPLACE FUNCTION pg_temp.run_addressed(statement text, address text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE format(statement, address);
EXCEPTION
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = detail;
END
$$;
