"""The trip monitor (S5): the process, the trips it holds in memory, and the rules they are judged by."""
