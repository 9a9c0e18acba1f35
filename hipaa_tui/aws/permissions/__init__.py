"""What the caller may do: IAM actions of calls, the caller's policies, policy simulation."""
