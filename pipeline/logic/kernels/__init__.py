"""Hot loops, compiled; each is tested against its plain version."""
