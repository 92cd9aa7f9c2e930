"""The command line, a file a family of commands; `app/__main__.py` puts them together."""
