"""The task suite: sentences, hand-written rewards, and success checks that share nothing with them.

`python -m bench.tasks` trains every task as a warm trainer would, and measures what came of it.
"""
