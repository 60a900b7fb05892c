# What all screens share.
app-name = Rastro
fault-internal = This could not be completed because of a fault of ours. Nothing was saved. Try again; if it happens again, tell support the request number.
fault-busy = The server is busy or restarting. Nothing was saved. Try again in a few seconds.
fault-outcome-unknown = The connection to the database was lost while saving. Send the same again: it will not be duplicated.
