# Centros de la red y versiones del catálogo.
nav-centres = Centros
centres-title = Centros
centres-lead = Los centros que envían muestras. Uno que nadie ha verificado es candidato: no se puede elegir hasta que dos personas lo confirmen.
centres-candidates = { $n ->
    [one] Falta confirmar un centro.
   *[other] Faltan por confirmar { $n } centros.
 }
centres-no-candidates = No falta confirmar ningún centro.
centres-none = El catálogo no trae centros
centres-none-advice = Avise a quien administra el sistema.
centre-code = Clave
centre-place = Lugar
centre-city = Ciudad
centre-state = Estado de la República
centre-zone = Zona horaria
centre-clues = CLUES
centre-no-clues = Sin CLUES
centre-doubt = Sin verificar
centre-candidate = Candidato
centre-confirmed = Confirmado
centre-retired = Retirado
centre-confirm = Proponer la confirmación
centre-confirm-text = Escriba cómo se llama el hospital según un documento oficial. Otra persona deberá aprobarlo: jefatura del laboratorio, coordinación o administración.
centre-name-hint = Nombre oficial y completo, sin signos de interrogación.
centre-clues-hint = Once caracteres, como DFIMS000061. Déjela vacía si no la conoce.
centre-why = ¿En qué documento lo verificó?
centre-why-hint = Por ejemplo, un oficio con su número y fecha.
centre-needs-coordination = Coordinación debe confirmarlo antes de que se pueda elegir.
centre-proposed = Lo que se propone
centre-events = Historia del centro
site-event-added = Agregado
site-event-changed = Cambiado
site-event-retired = Retirado
site-event-reopened = Abierto de nuevo
site-event-doubted = Marcado como candidato
site-event-confirmed = Confirmado
reference-history = Propuestas y decisiones
reference-waiting = Espera aprobación
reference-approved = Aprobado
reference-declined = Rechazado
reference-withdrawn = Retirado por quien lo propuso
rule-centre-text = Escriba de 2 a 120 caracteres, sin signos de interrogación.
rule-centre-clues = La CLUES tiene once caracteres: cinco letras y seis números, como DFIMS000061.
rule-site-retired = { $code } ({ $name }) ya no está en la lista de la red: no se registra ni se emite nada nuevo ahí. Lo ya registrado se puede leer. Si es un error, avise a coordinación.
rule-site-candidate = { $code } ({ $name }) es un candidato que nadie ha confirmado: no se puede elegir. Coordinación lo confirma en la página Centros.
site-retired-notice = { $code } ya no está en la lista de centros de la red. Lo registrado se puede leer y las muestras en camino se reciben; no se registran pacientes ni se emiten etiquetas nuevas ahí. Si es un error, avise a coordinación.
fault-reference-nothing = No hay nada que decidir: ya está confirmado, retirado o en uso.
catalogue-title = Catálogo
catalogue-lead = El catálogo dice qué tubos, ventanas de estabilidad, motivos de rechazo, paneles y protocolos se usan. Una versión nueva decide sobre muestras solo cuando jefatura del laboratorio y coordinación la aprueban.
catalogue-in-use = En uso: { $version }
catalogue-waits = La versión { $version } espera dos aprobaciones. Mientras tanto se sigue con la que está en uso.
catalogue-nothing-waits = Ninguna versión espera aprobación.
catalogue-restart = Este servidor sigue con la versión { $version } hasta que se reinicie.
catalogue-changes = Lo que cambia
catalogue-lines = { $n ->
    [one] un renglón
   *[other] { $n } renglones
 }
catalogue-more-lines = Hay más renglones; compare los archivos completos.
catalogue-first = Dar la primera aprobación
catalogue-first-text = La segunda la da otra persona: una es jefatura del laboratorio y la otra coordinación.
catalogue-why = ¿Por qué debe usarla la red?
catalogue-versions = Versiones que han traído los servidores
catalogue-taken-by = La trajo { $server }
catalogue-named = catálogo { $version }
audit-action-manage-catalogue = Cambió el catálogo o un centro
audit-subject-site = Centro
audit-subject-catalogue = Catálogo
audit-detail-decline = rechazo
audit-detail-withdraw = retiro de la propuesta
audit-detail-site-added = agregado:
audit-detail-site-changed = cambiado:
audit-detail-site-retired = retirado:
audit-detail-site-reopened = abierto de nuevo:
audit-detail-site-doubted = marcado como candidato:
audit-detail-site-confirmed = confirmado:
