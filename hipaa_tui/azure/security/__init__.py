"""Microsoft Defender for Cloud."""
