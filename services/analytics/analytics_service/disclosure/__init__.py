"""What may leave its scope. Everything that is published, shown, exported or streamed passes here."""
