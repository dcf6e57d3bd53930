"""What tests need of the machine, found there or fetched: PostgreSQL, a browser, a font with Chinese characters."""
