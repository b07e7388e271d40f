"""What an operator runs beside the gateway: doctor, backup and restore."""
