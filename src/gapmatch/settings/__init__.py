"""Settings: the knowledge in ``config/*.toml`` overlaid by a workspace's ``gapmatch.toml``."""
