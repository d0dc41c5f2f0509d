"""CloudFormation: templates, nested stacks and resources that MiniStack lacks."""
