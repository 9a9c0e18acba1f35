"""EC2 instances, EBS volumes and snapshots, AMIs, security groups."""
