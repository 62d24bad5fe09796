"""Parts of builders.py: what the schema of screens says, and a writer for each thing that follows from it."""
