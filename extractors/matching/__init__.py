"""The machinery of `extractors.mentions`: normalising, patterns, automaton, guards and places.

Nothing outside `extractors.mentions` and `extractors.figures` needs to import it.
"""
