"""Models taken away from TabRL: what an export is made of, and the formats that there are."""
