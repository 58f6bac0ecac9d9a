"""Handling of a case beside its steps: hand over, cancel, take a step back, and who is left to take one."""
