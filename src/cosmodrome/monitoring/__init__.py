"""How the server is: `/healthz`, `/readyz` and `/metrics`, for those who keep it running."""
