"""Where problems come from, which of them are kept, and how they are split."""
