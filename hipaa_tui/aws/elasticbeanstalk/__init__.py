"""Elastic Beanstalk."""
