"""The database: engine, transactions, rows, pages, search, migrations, bulk loading."""
