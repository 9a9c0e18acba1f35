"""The user's repository: read at a commit, written as objects, branches, hooks, push and pull request."""
