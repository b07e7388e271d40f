"""TabRL on one machine: a launcher that starts and watches processes, and the `tabrl` client."""
