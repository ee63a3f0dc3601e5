"""Rule files, the expression language, and the engine that turns readings into transitions."""
