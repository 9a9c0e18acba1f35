"""Change records for people: commit messages, pull requests, ServiceNow and Jira, from templates."""
