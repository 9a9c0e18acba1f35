"""What a change is, for people: commit message, pull request, change records."""
