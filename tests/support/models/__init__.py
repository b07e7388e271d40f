"""Small models of strangers' robots, as people write them: made anew for each test."""
