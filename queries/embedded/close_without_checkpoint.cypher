// The engine would write all once more while it closes, and on a full disk end the process there: we say when.
CALL force_checkpoint_on_close=false;
