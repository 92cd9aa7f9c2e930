"""The candidates besides LightGBM, a file an idea; `ml.forecasting.candidates` lists them."""
