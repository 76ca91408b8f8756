"""What only the world knows. A lender sees none of it, and no platform code may import it."""
