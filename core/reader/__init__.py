"""One reader of what people upload: pictures and PDF files are opened in child processes, never in a server.

`door` is for the apps; `child` is the program that opens files, and imports neither Django nor anything of ours but
`headers` and what an app's reading names. Nothing is imported here: the child passes through this file too.
"""
