"""The append-only, hash-chained record of every run: chain, signed heads, exports, leases."""
