"""What was promised, measured: ``make bench`` runs these and writes benchmarks.json."""
