"""Data in the shapes of public projects, written anew: the same at each run, from 10 to 100,000 documents."""
