"""Kinds of robot that only tests know, each as a project of one's own would bring it."""
