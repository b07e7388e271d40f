"""`make containers`: the compose file brought up for real, tried, and taken down."""
