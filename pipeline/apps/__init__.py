"""What people run beside the workers."""
