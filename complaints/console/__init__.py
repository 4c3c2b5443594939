"""The console's pages of complaints, one topic for each file."""
