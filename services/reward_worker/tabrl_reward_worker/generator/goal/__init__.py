"""From intents to a goal: what is asked for in numbers, within what the robot can do."""
