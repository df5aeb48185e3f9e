CREATE VIEW {{ metric.name }} AS
{{ metric.select }};

COMMENT ON VIEW {{ metric.name }} IS {{ metric.meaning.en | literal }};
