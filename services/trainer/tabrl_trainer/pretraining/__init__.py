"""Pretraining: one command-conditioned policy per robot, from which every task is fine-tuned.

Training, card and command are the same for all robots; what a kind of robot is trained on lies in a
package of its own, beside these modules or in the kind's own package.
"""
