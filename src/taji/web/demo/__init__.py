"""The demo city as a working platform: invented firms, two rounds, one account for each role."""
