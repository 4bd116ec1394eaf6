"""What every test of the project may use."""

pytest_plugins = ["controls", "figures", "side_by_side"]
