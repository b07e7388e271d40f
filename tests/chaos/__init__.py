"""`make chaos`: a service under load while its parts are killed, stopped, cut off and filled up."""
