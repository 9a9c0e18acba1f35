"""Resource types that many services share: by ARN, or one switch for each region."""
