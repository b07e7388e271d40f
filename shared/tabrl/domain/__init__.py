"""Jobs, tasks and models as plain data with behaviour; no input or output happens here."""
