"""What managers read in the morning: how well the desk serves callers, by day, hour, store and version.

definitions.py says what is counted, figures.py counts it, charts.py draws it, summary.py sends it.
Each number is counted by the rules of voice/counted.py, which also select the calls behind it.
"""
