# El registro encadenado y sus puntos de control.
fault-ledger-inconsistent = La bitácora de eventos no coincide con su último punto de control firmado. No se firmará otro hasta que soporte lo revise. Avise con el número de petición.
fault-rolled-back = La base de datos de este servidor es una copia antigua o está vacía: el último punto de control firmado va más adelante. Lo que lea aquí puede no estar al día y no se puede guardar nada, porque se repetirían códigos y números. Anote en papel lo que ocurra mientras tanto y avise a soporte: hay que restaurar el último respaldo (rastro restore).
fault-damaged = La base de datos de este servidor está dañada. Lo que lea aquí puede ser incorrecto y no se puede guardar nada. Anote en papel lo que ocurra mientras tanto y avise a soporte: hay que restaurar el último respaldo (rastro restore).
fault-foreign-key = La clave de este servidor no es la que firma la bitácora de eventos, así que no firma nada. Avise a soporte: hay que copiar ledger.key y ledger.vkey del servidor donde se cambió la clave.
audit-action-read-proof = Pidió la prueba de un evento
audit-detail-rotate-key = clave nueva
audit-detail-restore = base traída de vuelta
audit-detail-rebuild = base escrita de nuevo desde la bitácora de eventos
audit-action-manage-log = Cambió la clave de la bitácora, o restauró o rehízo la base de datos
stand-rolled-back = Solo lectura. La base de datos es una copia antigua o está vacía: lo que ve puede no estar al día y no se puede guardar nada. Anote en papel lo que ocurra mientras tanto y avise a soporte.
stand-damaged = Solo lectura. La base de datos está dañada: lo que ve puede ser incorrecto y no se puede guardar nada. Anote en papel lo que ocurra mientras tanto y avise a soporte.
