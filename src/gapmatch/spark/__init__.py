"""The same run on a cluster: Spark moves rows, the stages' own functions work (extra ``spark``)."""
