"""Recording of the synthetic city: how each agency's systems write down what happened, and how badly."""
