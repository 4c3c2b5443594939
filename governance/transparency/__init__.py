"""The transparency report (G7, G7+): what happened in a period, in figures that anybody may read, count and check.

`questions` has the measures, each one statement of the database; `cells` says what a small count hides; `figures` makes a
report of both; `reports` lets two people publish it; `papers` and `views` show it.
"""
