"""What a person did: clips, a library of them, readers and the built-in generator."""
