"""Change records from templates: commit messages, pull requests, ServiceNow and Jira."""
