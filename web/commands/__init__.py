"""The commands of ``xuncha`` that look after an installation: one module for each noun."""
