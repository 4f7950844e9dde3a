"""How good maps are, and how sure that is."""
