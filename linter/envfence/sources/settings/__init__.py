"""Plain settings: names with values, as `.env` files, manifests, compose files and values files hold them."""
