# Lo que comparten todas las pantallas.
app-name = Rastro
fault-internal = No se pudo completar por una falla nuestra. No se guardó nada. Intente de nuevo; si se repite, avise a soporte con el número de solicitud.
fault-busy = El servidor está ocupado o reiniciando. No se guardó nada. Intente de nuevo en unos segundos.
fault-outcome-unknown = Se perdió la conexión con la base de datos justo al guardar. Envíe lo mismo otra vez: no se duplicará.
