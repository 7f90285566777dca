"""A whole desk from one home to another: everything in its record, in one locked file."""
