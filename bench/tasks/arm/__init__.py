"""The same for arms: what one with a pen is asked for, and what its tip must have done then."""
