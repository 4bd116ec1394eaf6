"""What partner bodies may read, as their agreements say."""
