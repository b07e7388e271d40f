"""From a goal to candidates: reward terms, templates that combine them, and success checks."""
