"""What a person reads: tables, pages, numbers."""
