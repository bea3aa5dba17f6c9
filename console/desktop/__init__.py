"""The desktop: Qt on the main thread, the desk behind worker threads."""
