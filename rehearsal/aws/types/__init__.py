"""Resource types that moto lacks, and what its models of others leave out."""
