"""Guards: looks at the live cloud before a change, that pass, warn or block with a reason."""
