"""Ground: the office tree, staff with postings, devices, opening hours, rights."""
