"""New blocks: snippets rendered for a change, and their place in the code."""
