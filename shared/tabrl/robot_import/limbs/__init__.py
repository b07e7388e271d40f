"""Finding the limbs of a robot: legs on a floating trunk, or an arm with its tool."""
