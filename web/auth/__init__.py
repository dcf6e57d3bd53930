"""How people come in: sessions, passwords, throttling, forgery protection, acting for someone else."""
