"""A rehearsal: the policies to compare, what each brings in, and how the platform is scored."""
