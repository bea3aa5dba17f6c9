"""The edge: the background process that reads machines, proposes, posts and reconciles. Plain asyncio."""
