# El registro encadenado y sus puntos de control.
fault-ledger-inconsistent = La bitácora de eventos no coincide con su último punto de control firmado. No se firmará otro hasta que soporte lo revise. Avise con el número de solicitud.
