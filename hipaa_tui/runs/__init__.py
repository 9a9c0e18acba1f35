"""Runs: applying a plan change by change, journaled and verified; resuming it and rolling it back."""
