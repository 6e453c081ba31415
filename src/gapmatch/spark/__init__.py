"""The same run on a cluster.

Spark moves the rows, the stages' own functions do the work (extra ``spark``).
"""
