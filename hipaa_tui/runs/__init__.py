"""Runs: applying plans step by step, journaled before and after, verified, and rolled back."""
