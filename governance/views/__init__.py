"""Pages for everybody: the promises, what the public is asked, and where dangers are reported in confidence."""
