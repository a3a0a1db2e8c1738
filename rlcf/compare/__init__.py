"""Many runs on one page: `python -m rlcf.compare RUN RUN …`. It reads the runs' folders and changes nothing in them."""
