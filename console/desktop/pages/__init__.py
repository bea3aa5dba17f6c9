"""One file a page. A page talks to the desk and to nothing else."""
