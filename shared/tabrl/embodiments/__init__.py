"""Kinds of robot: one package each.

A kind's `catalogue` is data that every service may import (see `lookup`); its `embodiment` is the
code, numpy or any array module that is handed in, behind `tabrl.control.embodiment` (see `load`).
"""
