"""Arms: a chain of hinges on a fixed base, with a tool at its end.

A policy moves the joints' targets: what it says is how fast. So nothing that bends the arm for good
(weight, a load) is left between the tool and where it is to be.
"""
