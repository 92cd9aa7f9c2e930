"""The candidates, a file an idea; `ml.fraud.candidates` lists them."""
