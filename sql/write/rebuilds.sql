SELECT json_build_object('rebuilds', analytics.rebuilds())::text AS body
