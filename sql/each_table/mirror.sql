COMMENT ON TABLE public.{{ table }} IS 'Mirror of MentorHub''s {{ table }}.';
CREATE TRIGGER note_edit BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.{{ table }}
FOR EACH STATEMENT WHEN (current_setting('analytics.comparing', true) IS DISTINCT FROM 'on')
EXECUTE FUNCTION public.note_edit();
CREATE TRIGGER make_way BEFORE INSERT OR UPDATE ON public.{{ table }}
FOR EACH ROW WHEN (current_setting('analytics.comparing', true) IS DISTINCT FROM 'on')
EXECUTE FUNCTION public.make_way();
ALTER TABLE public.{{ table }} DISABLE TRIGGER make_way;
ALTER TABLE public.{{ table }} ENABLE ALWAYS TRIGGER note_edit;
