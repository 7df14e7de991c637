"""The delivery service on the web: its operations, its keys and the customer's page."""
