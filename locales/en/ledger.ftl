# The log and its checkpoints.
fault-ledger-inconsistent = The event log does not match its last signed checkpoint. No new checkpoint is signed until support has looked. Tell them the reference number.
fault-rolled-back = The database of this server is an old copy or an empty one: the last signed checkpoint is ahead of it. What you read here may be out of date, and nothing can be saved, because codes and numbers would be given out twice. Write on paper what happens meanwhile, and tell support: the last backup must be restored (rastro restore).
fault-damaged = The database of this server is damaged. What you read here may be wrong, and nothing can be saved. Write on paper what happens meanwhile, and tell support: the last backup must be restored (rastro restore).
fault-foreign-key = The key of this server is not the one the event log is signed with, so it signs nothing. Tell support: ledger.key and ledger.vkey must be copied from the server where the key was changed.
audit-action-read-proof = Asked for the proof of an event
audit-detail-rotate-key = new key
audit-detail-restore = database brought back
audit-detail-rebuild = database written anew from the event log
audit-action-manage-log = Changed the log's key, or restored or rebuilt the database
stand-rolled-back = Read only. The database is an old copy or an empty one: what you see may be out of date, and nothing can be saved. Write on paper what happens meanwhile, and tell support.
stand-damaged = Read only. The database is damaged: what you see may be wrong, and nothing can be saved. Write on paper what happens meanwhile, and tell support.
