"""Azure RBAC role assignments (Microsoft.Authorization)."""
