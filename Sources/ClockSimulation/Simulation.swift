// Virtual time: clocks, paths, faults, seeds; drives the core with no I/O.
