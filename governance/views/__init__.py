"""Pages for everybody: the promises, and what the public is asked."""
