"""A family as a page: its tree, what is folded, what is told apart, the outline, the canvas of every model."""
