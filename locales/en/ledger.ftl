# The log and its checkpoints.
fault-ledger-inconsistent = The event log does not match its last signed checkpoint. No new checkpoint is signed until support has looked. Tell them the request number.
