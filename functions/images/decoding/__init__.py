"""Decoding of untrusted image files, in a child process with limits."""
