"""The user's git repository: reading a commit, writing commits and branches, hooks, push and pull requests."""
