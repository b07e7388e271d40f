"""A student for a policy that must know what a real robot does not sense: how fast it moves.

The policy is the teacher. The student estimates what it must be told from what the robot sensed in
the last moments, and is judged by what the teacher then decides: supervised learning on the states
that teacher and student reach together (DAgger; Ross, Gordon and Bagnell, 2011). That an estimator
of velocity goes beside a policy: Ji, Mun, Kim and Hwangbo, 2022.
"""
