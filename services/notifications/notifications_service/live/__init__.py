"""A person's list as it grows: one stream for each open page, one look at the database for all of them."""
