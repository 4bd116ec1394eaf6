"""Names and addresses, as membership last told them."""
