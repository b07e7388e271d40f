"""What an operator runs beside the gateway: `python -m tabrl_api.operator doctor|backup|restore`."""
