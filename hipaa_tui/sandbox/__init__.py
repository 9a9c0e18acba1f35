"""The local clouds that the demo and the tests run against, so that nobody needs an account to try a change."""
