"""All tests. They run side by side, and a thread of OpenBLAS that waits for its next task keeps a
processor from the others: each process has one."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported
