"""Pure rules of HTTP, JSON and our contract. They use no Flask and no database."""
