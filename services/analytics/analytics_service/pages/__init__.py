"""A table as a page that stands alone: no script, nothing fetched, the chart beside the table that says the same."""
