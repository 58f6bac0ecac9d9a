"""Everything people and machines meet: rooms of the business, pages, interface, jobs and commands."""
