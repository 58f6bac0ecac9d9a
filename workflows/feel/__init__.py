"""FEEL, the expression language of DMN: for conditions, parameters, scripts and decision tables.

``parser`` reads a text into ``tree``; ``evaluator`` works the tree out over named values within a budget.
Nothing is ever given to Python to run, and no attribute of an object is ever looked up (URS-010).
"""
