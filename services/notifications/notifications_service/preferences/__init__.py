"""What people want to be told: by kind, channel and network, the most specific word wins."""
