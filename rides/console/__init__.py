"""Rides in the console: its pages, and the panels and links that it offers."""
