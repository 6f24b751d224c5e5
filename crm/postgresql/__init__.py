"""Django's PostgreSQL backend, with patience: settings name this package as the ENGINE."""
