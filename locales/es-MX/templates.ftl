# Plantillas de etiqueta: quien las escribe, quien las aprueba.
nav-label-templates = Plantillas
templates-title = Plantillas de etiqueta
templates-lead = Con qué se dibuja cada etiqueta. Un cambio lo propone una persona y lo aprueba otra; las etiquetas ya impresas se reimprimen tal como fueron.
template-looks = Aspecto
template-kind = Etiqueta
template-stock = Material
template-version = Versión
template-on-sheet = Hoja de papel
template-id = Clave
template-origin-built-in = Incorporada
template-origin-directory = Del servidor
template-origin-approved = Aprobada
template-waiting = Por decidir
template-change = Proponer cambio
template-in-use = En uso
template-outdated = La versión { $version } se aprobó para un programa anterior, que llenaba otros campos. Se usa la incorporada: revise y proponga el cambio de nuevo.
template-history = Cambios propuestos
template-no-history = Nadie ha propuesto cambios
template-no-history-advice = Se usa la plantilla con la que se instaló el sistema.
template-who = Propuso
template-decided = Decidió
template-decided-approved = Aprobada antes
template-decided-declined = Rechazada
template-decided-withdrawn = Retirada
template-example = Valores de ejemplo
template-longest = Los valores más largos
template-picture = Versión { $version }: { $values }
template-proposed = Propuesta: versión { $version }
template-proposed-by = Propuso { $name }
template-now = Ahora: versión { $version }
template-then = Propuesta: versión { $version }
template-differences = Diferencias en el texto
template-start-from = Proponer a partir de esta
template-text = Texto de la plantilla
template-editing = Cambiar: { $kind }
template-editing-text = Mueva, agrande o agregue elementos. Los campos, el material y los códigos se conservan: el programa, las impresoras y los lectores cuentan con ellos.
template-picture-hint = Los códigos están tachados: la imagen no se puede leer. Toque un elemento para ir a su renglón.
template-values = Dibujar con
template-dpi = Resolución (ppp)
template-look = Dibujar
template-good = Se puede proponer.
template-why = ¿Por qué se cambia?
template-propose = Proponer
template-kind-edta-50x25 = Tubo, alícuota y tubo teñido
template-kind-roll-50x25 = Etiqueta preimpresa en rollo
template-kind-cryo-wrap-33x13 = Criovial, alrededor
template-kind-cryo-cap-9 = Criovial, tapa
template-kind-bag-100x50 = Bolsa secundaria
template-kind-ship-100x150 = Paquete exterior
template-kind-roll-a4-l7651 = Hoja A4 de 65 preimpresas (L7651)
template-kind-roll-letter-5160 = Hoja carta de 30 preimpresas (5160)
template-kind-sheet-a4-l7651 = Hoja A4 de 65 (L7651)
template-kind-sheet-letter-5160 = Hoja carta de 30 (5160)
template-kind-badge-86x54 = Gafete
template-kind-command-86x54 = Tarjeta de orden
template-kind-command-letter-8 = Tarjetas de orden en hojas carta, 8
template-kind-scanner-setup-letter = Hoja para probar el lector
template-kind-manifest-header-letter = Encabezado del manifiesto
audit-action-label-template = Propuso o decidió una plantilla
rule-template-too-long = El texto pasa de { $most } KB.
rule-template-syntax = Línea { $line }: no se entiende ({ $said }).
rule-template-schema = Línea { $line }: «schema» debe ser 1.
rule-template-id = Línea { $line }: «id» debe seguir siendo { $id }.
rule-template-version = Línea { $line }: «version» debe ser { $version }.
rule-template-size = Línea { $line }: el material debe seguir siendo de { $width } × { $height } mm, el que tienen las impresoras.
rule-template-stock = Línea { $line }: el material debe seguir siendo el mismo: redondo o rectangular, suelto o en hoja.
rule-template-field = Línea { $line }: el campo «{ $field }» debe quedar igual en [fields]: lo llena el programa.
rule-template-undrawn = El campo «{ $field }» ya no se imprime. Debe quedar en la etiqueta.
rule-template-symbol = El código { $symbol } de { $value } ya no se imprime. Debe quedar en la etiqueta.
rule-template-module = Línea { $line }: «min_x_mm» de { $symbol } no puede bajar de { $least }: no se leería con daño.
rule-template-cut = Línea { $line }: el campo «{ $field }» no puede cortarse: use overflow = "error" o "shrink".
rule-template-twice = Línea { $line }: «{ $name }» está dos veces.
rule-template-unknown-field = Línea { $line }: no hay campo «{ $field }». Los que hay: { $known }.
rule-template-brace = Línea { $line }: hay una llave sin su pareja.
rule-template-number = Línea { $line }: «{ $key }» es { $value }; debe ser { $want ->
    [square] omitida, porque el símbolo es cuadrado
    [round] igual al ancho, porque el material es redondo
    [pitch] al menos el tamaño de la etiqueta
    [second-line] al menos un renglón de size_pt bajo baseline
   *[other] { $want }
}.
rule-template-off-label = Línea { $line }: llega a { $reach } mm { $axis ->
    [across] a lo ancho
   *[down] a lo alto
}; se imprime de { $from } a { $to } mm.
rule-template-off-circle = Línea { $line }: una esquina queda a { $reach } mm del centro; el círculo acaba a { $have } mm.
rule-template-small-letters = Línea { $line }: las mayúsculas miden { $have } mm; deben medir { $need } mm.
rule-template-may-shrink = Línea { $line }: un texto con «cap_mm» lleva overflow = "error".
rule-template-shipping-name = Línea { $line }: la marca UN3373 lleva el texto «SUSTANCIA BIOLÓGICA, CATEGORÍA B» con «cap_mm» de al menos 6.
rule-template-overlap = Línea { $line }: se encima con «{ $other }».
rule-template-no-glyph = Línea { $line }: la letra de las etiquetas no tiene «{ $character }».
rule-template-too-wide = Línea { $line }: con { $values ->
    [longest] los valores más largos
   *[example] los valores de ejemplo
} a { $dpi } dpi necesita { $need } mm y hay { $have } mm.
rule-template-no-module = Línea { $line }: a { $dpi } dpi no hay un número entero de puntos entre { $least } y { $most } mm.
rule-template-sheet = Línea { $line }: la hoja no sirve así.
rule-template-values = Línea { $line }: el campo no admite su valor de prueba ({ $said }).
rule-template-drawing = Línea { $line }: no se pudo dibujar ({ $said }).
js-template-good = Se puede proponer.
js-template-offline = Sin respuesta del servidor: la imagen es de antes. Lo escrito sigue aquí.
rule-template-excess = Línea { $line }: { $what ->
    [elements] la plantilla tiene { $found } elementos y caben { $most }
    [names] la plantilla tiene { $found } elementos con nombre y caben { $most }
    [fields] la plantilla tiene { $found } campos y caben { $most }
    [pattern] el patrón tiene { $found } caracteres y caben { $most }
   *[text] el texto llega a { $found } caracteres con sus campos y caben { $most }
}.
rule-template-given-up = Línea { $line }: no se alcanzó a dibujar. Vuelva a intentarlo.
rule-template-person = Línea { $line }: el nombre debe mostrarse con kind = "person": con la regla anterior no se sabe quién se lee igual.
