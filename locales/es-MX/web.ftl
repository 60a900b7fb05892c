# Lo que comparten todas las pantallas.
app-name = Rastro
fault-internal = No se pudo completar por una falla nuestra. No se guardó nada. Intente de nuevo; si se repite, avise a soporte con el número de petición.
fault-unreadable = Un registro de la base de datos está dañado y no se puede leer. No se cambió ni se perdió nada más. Avise a quien administra Rastro con el número de petición.
fault-busy = El servidor está ocupado o reiniciando. No se guardó nada. Intente de nuevo en unos segundos.
fault-outcome-unknown = Se perdió la conexión con la base de datos justo al guardar. Envíe lo mismo otra vez: no se duplicará.
fault-disk-full = El disco del servidor está lleno o falla. No se guardó nada; lo que ya está se puede consultar. Avise a soporte: al haber espacio se sigue sin reiniciar.
fault-database-unavailable = La base de datos no responde, quizá porque está reiniciando. No se guardó nada. Intente de nuevo en unos segundos.
fault-database-read-only = Por ahora la base de datos no admite cambios. No se guardó nada; lo que ya está se puede consultar. Intente de nuevo en unos segundos; si sigue así, avise a soporte.
fault-not-found = No existe, o no está a su alcance. Revise la dirección o búsquelo de nuevo.
fault-method-not-allowed = Esta dirección no admite esa operación.
fault-refused-fields = Hay datos por corregir. No se guardó nada.
fault-body-too-large = Lo enviado es demasiado grande.
fault-body-too-slow = Lo enviado tardó demasiado en llegar y no se guardó nada. Revise la conexión y repita.
fault-too-many-connections = Hay demasiadas conexiones desde su red. Espere unos segundos y repita.
fault-body-unreadable = No se pudo leer lo enviado. Intente de nuevo.
fault-not-json = Envíe el cuerpo como application/json.
fault-bad-json = El cuerpo no es JSON bien formado.
fault-not-a-form = Envíe los datos como un formulario.
fault-cross-site = La solicitud vino de otro sitio y se rechazó. Abra la página de nuevo e intente otra vez.
fault-timeout = La solicitud tardó demasiado. Si estaba guardando, verifique antes de repetir.
fault-too-many-requests = Demasiadas solicitudes. Espere unos segundos.
rule-required = Falta este dato.
rule-unknown-field = Este campo no existe aquí; quítelo.
rule-given-twice = Este campo viene dos veces.
rule-wrong-value = El valor no es válido. Se esperaba: { $expected }
error-request = Número de petición: { $id }
error-home = Ir al inicio
skip = Ir al contenido
lang-name = Español
page-notices = Avisos
nav-main = Principal
nav-help = Ayuda
nav-sign-out = Salir
nav-patients = Pacientes
nav-studies = Solicitudes
nav-samples = Muestras
nav-station = Estación
nav-results = Resultados
nav-users = Usuarios
foot-professional = Información para profesionales de la salud; no decide un tratamiento.
list-next = Siguientes
list-unreadable = { $count ->
    [one] Un registro de esta página no se puede leer
   *[other] { $count } registros de esta página no se pueden leer
}
list-unreadable-next = Los demás están completos. Avise a quien administra Rastro con lo que sigue; no dé por perdida ni por inexistente una muestra que falte aquí.
form-problem = Hay un problema
yes = Sí
no = No
choose = Elija…
page-error-title = Error: { $title }
save = Guardar
cancel = Cancelar
search = Buscar
open = Abrir
age-minutes = hace { $n } min
age-hours = hace { $n } h
age-days = hace { $n -> 
    [one] un día
   *[other] { $n } días
 }
docs-title = API de Rastro
docs-all = Todas las operaciones
docs-answers = Respuestas:
docs-body = Cuerpo
error-title-403 = Su función no lo permite
error-title-404 = No se encontró
error-title-405 = Así no se abre esta dirección
error-title-413 = Es demasiado grande
error-title-422 = Hay datos por corregir
error-title-503 = El servidor está ocupado
error-title-504 = Tardó demasiado
error-title-507 = No hay espacio para guardar
error-title-refused = No se pudo hacer
error-title-fault = Algo falló de nuestro lado
error-unsaved = Lo que escribió no se guardó. Vuelva a la página anterior con el botón del navegador; si los campos están vacíos, escríbalos otra vez.
sign-in-ended = Su sesión terminó. Entre de nuevo para seguir donde estaba.
sign-in-ended-wrong = Después de cinco contraseñas equivocadas se cerró esta sesión y no se firmó nada. Entre de nuevo.
sign-in-ended-form = Su sesión terminó y lo que escribió no se guardó. Entre de nuevo y escríbalo otra vez.
rule-invisible-character = Tiene un carácter que no se ve; escríbalo a mano en vez de pegarlo.
sign-in-ended-kept = No se guardó nada todavía. Lo que se escribió se conserva una hora en este equipo, solo para quien lo escribió. Entre con su cuenta y el formulario estará como lo dejó.
fault-form-unmarked = Este formulario no dice para quién se abrió, así que no se guardó nada. Abra la página de nuevo y llénelo ahí.
fault-person-unsaid = No se dijo de parte de quién se envía (x-rastro-person). No se guardó nada.
another-title = Otra persona inició sesión en este equipo
another-text = Este formulario se abrió para { $whose }, y en este equipo entró después { $name }. No se guardó nada.
another-kept = Lo que se escribió se conserva una hora en este equipo, solo para { $whose }. Nadie más puede verlo.
another-lost = Lo que se escribió no se conservó.
another-sign-in = Entrar como { $whose }
another-anew = Abrir la página como { $name }
kept-discard = Borrar lo que se escribió
kept-as-left = Así dejó este formulario. Todavía no se ha guardado nada: revíselo y guárdelo.
kept-left = Esto también lo había escrito, y en esta página ya no tiene dónde ir:
kept-gone = Lo que escribió ya no está: se conserva una hora y solo en el navegador donde se escribió. No se guardó nada.
rule-whole-number = Escriba un número entero.
rule-no-number = Esto no es un número. Escriba solo cifras.
rule-number-groups = Las comas y los espacios solo separan grupos de tres cifras: 1,250,000. Escríbalo de nuevo.
rule-decimal-comma = La coma no separa decimales y aquí no se adivina. Si quiso decir { $right }, escriba { $right }.
rule-too-many-decimals = { $most ->
    [one] Escriba un decimal a lo más.
   *[other] Escriba { $most } decimales a lo más.
}
birth-estimated = { $when } (estimada)
