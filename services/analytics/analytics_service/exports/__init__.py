"""Reports as files: what the reader may see is put together at once, written behind, and kept for a week."""
