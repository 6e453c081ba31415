"""Run a Python command as a child and print its CPU seconds and peak megabytes as JSON, last on stderr.

python benchmarks/cost.py -m gapmatch --help
"""

import json
import resource
import subprocess
import sys

subprocess.run([sys.executable, *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
peak = used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "peak_mb": peak}), file=sys.stderr)
