"""Floor 4: results to charts, pages, PDF and XLSX, in zh and en."""
