"""Azure Monitor: diagnostic settings and Log Analytics workspaces."""
