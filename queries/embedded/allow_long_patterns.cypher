// Patterns of variable length may have up to 64 steps; the engine stops at 30 otherwise.
CALL var_length_extend_max_depth=64;
