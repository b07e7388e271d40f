"""Sentences about planar robots: how fast and which way to go, hops, how to hold the trunk."""
