"""What ten minutes are worth over one: the tiers fine-tune and full on the same tasks."""
