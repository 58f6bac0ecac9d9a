"""What the engine costs: our store against the library as it comes, on the same models, in one run."""
