"""From a sentence to intents and the slots that say how: words, rules over them, their order."""
