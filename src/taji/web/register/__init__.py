"""The register of organisations: where it comes from and what is known of each."""
