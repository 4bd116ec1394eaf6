"""Reports that come regularly: when they are due, that they are ready, and the link that opens them for a while."""
