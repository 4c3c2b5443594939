"""Drills (G3): the cases of 2018, played through the platform's public interfaces against a stack of its own."""
