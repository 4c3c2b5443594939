"""Accounts in the console: its pages, and the links that it offers."""
