"""The connectors that the engine has of its own: each does its work in one transaction of this database."""
