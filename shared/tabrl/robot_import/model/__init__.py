"""Reading a model: which file, what it compiles to, what drives it, where it begins."""
