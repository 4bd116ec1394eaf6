"""Reports that people asked for regularly: told once each, with what opens them for as long as it does."""
