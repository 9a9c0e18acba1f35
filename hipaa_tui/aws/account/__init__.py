"""The AWS account itself: alternate contacts."""
