"""From a sentence to intents and the slots that say how: lexicon, measures, grammar, sequencing."""
