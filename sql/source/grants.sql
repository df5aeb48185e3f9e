-- What analytics reads, and no other column.
SELECT format('GRANT SELECT (%s) ON public.%s TO mentorhub_analytics', string_agg(quoted, ', ' ORDER BY place), quoted_table)
FROM (
{offered}
) AS offered
GROUP BY quoted_table \gexec
