# Resultados.
fault-own-work = No puede firmar su propio trabajo. Debe validarlo otra persona.
fault-not-current-version = Esa versión ya no es la vigente o ya se firmó. Abra el resultado de nuevo.
fault-released-already = El resultado ya se liberó. Para cambiarlo, haga una enmienda.
rule-k-above-n = Los eventos de la población no pueden ser más que el total.
rule-loq-below-lod = El LOQ debe ser igual o mayor que el LOD.
rule-choose-from-list = Elija una opción de la lista.
rule-percentage = Escriba un porcentaje de 0 a 100 con punto decimal.
rule-haemodilution-of-negative = En un resultado no detectado debe evaluarse la hemodilución.
rule-marker-once = Escriba cada marcador una sola vez, sin dejarlo vacío.
rule-marker-count = Escriba de 1 a 80 marcadores.
rule-container-of-study = Ese tubo no es de esta solicitud.
rule-container-not-accepted = Ese tubo no ha sido aceptado por el laboratorio.
