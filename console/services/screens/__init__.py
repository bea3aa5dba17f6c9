"""What each page shows, read from the stores: one file a page, one consistent read a call."""
