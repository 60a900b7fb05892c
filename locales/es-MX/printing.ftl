# Etiquetas e impresiones.
label-title = Etiqueta
label-picture = Vista previa de la etiqueta
label-preview = VISTA PREVIA
label-preview-hint = Los símbolos están tachados: la vista previa no se puede leer. Imprima para obtener la etiqueta.
label-print = Imprimir
label-again = Reimprimir
label-again-text = La reimpresión lleva el número de copia. Destruya la etiqueta anterior.
label-reason = ¿Por qué se reimprime?
label-pdf = PDF para cualquier impresora
label-copies = Etiquetas impresas
label-first = Original
label-download = Abrir
label-collect = Registrar toma
label-by-hand = Toma / inic.
rule-reprint-reason = Escriba por qué se reimprime, de 3 a 200 caracteres.
rule-dpi = Debe ser 203, 300 o 600.
fault-label-not-exact = Esta etiqueta ya no puede dibujarse igual. Reimprímala con un motivo.
label-birth = Nac. { $day }
label-birth-estimated = Nac. ~{ $day }
label-record = Exp. { $record }
label-who = La etiqueta la imprime enfermería del centro. Recepción solo la reimprime; el laboratorio imprime las de sus alícuotas.
fault-label-of-ended = Esta muestra ya terminó o su etiqueta se anuló: no se imprime otra etiqueta.
label-expired = La última etiqueta que se pidió venció sin imprimirse y no va a salir: esperó más de 24 horas, o al tubo le pasó algo después de pedirla. Si hace falta, imprímala aquí.
rule-label-format = Elija uno de los botones: PDF, ZPL 203 dpi o ZPL 300 dpi.

# Etiquetas en hojas, para impresoras de oficina.
sheets-title = Etiquetas en hojas
sheets-link = En hojas de etiquetas
sheets-back = Volver
sheets-lead = Para una impresora de oficina: un PDF con una etiqueta por tubo, en este orden.
sheets-kind = Tipo de hoja
sheets-used = Etiquetas ya usadas de la primera hoja
sheets-used-hint = Cuéntelas por renglones, de izquierda a derecha. La hoja tiene { $all }; escriba 0 si está completa.
sheets-offset-x = Ajuste hacia la derecha, mm
sheets-offset-y = Ajuste hacia abajo, mm
sheets-calibrate-text = ¿Salen corridas? Imprima la hoja de calibración: dice qué números van en los ajustes. Se recuerdan para la próxima hoja.
sheets-calibrate = Hoja de calibración
sheets-make = Hacer las hojas
sheets-made = { $labels ->
    [one] 1 etiqueta
   *[other] { $labels } etiquetas
} en { $sheets ->
    [one] 1 hoja
   *[other] { $sheets } hojas
}
sheets-open = Abrir el PDF
sheets-step-used = Ponga en la bandeja la hoja que ya tiene { $n } usadas; después, hojas completas.
sheets-step-new = Ponga en la bandeja hojas de etiquetas completas.
sheets-step-scale = Imprima al 100 % (tamaño real), sin ajustar a la página.
sheets-step-ruler = Mida la regla de abajo: deben ser 50 mm exactos. Si no, corrija la escala y no use esas etiquetas.
sheets-step-once = Imprima una sola vez. Si una etiqueta se daña, reimprímala desde su tubo, con el motivo; destruya la anterior.
sheets-map = { $used } usadas antes, { $now } de ahora en la primera hoja
sheets-map-touch = La primera hoja, vista desde arriba. Toque la primera etiqueta libre, o escriba el número.
sheets-left = La última hoja queda con { $n } usadas: la próxima vez ese número ya estará escrito.
sheets-labels = Etiquetas
rule-label-sheet-kind = Elija uno de los tipos de hoja.
rule-label-sheet-used = Debe ser de 0 a { $high }: las etiquetas que ya no están en la hoja.
rule-label-sheet-offset = Debe ser de -10 a 10 mm, con tres decimales a lo más. Si sale más corrida, acomode el papel.
rule-label-sheet-off-page = Con ese ajuste una etiqueta se sale del papel. Escriba uno menor o acomode el papel en la bandeja.
rule-label-sheet-what = Envíe «codes», o «site» y «n», no ambos.
fault-label-changed = Los datos de una etiqueta cambiaron mientras se dibujaba. Inténtelo otra vez.
audit-detail-sheet-roll = hojas preimpresas
audit-detail-sheet-open = abrió las hojas
audit-subject-label-sheet = Hojas de etiquetas
# Junto al nombre en la etiqueta: gemelos, y otro niño del centro, nacido el mismo día, cuya línea se leería igual.
label-mark-alike = OTRO IGUAL
label-mark-twin-f = GEMELA
label-mark-twin-m = GEMELO
label-mark-twin-x = GEMELO/A
label-mark-twin-alike-f = GEMELA IGUAL
label-mark-twin-alike-m = GEMELO IGUAL
label-mark-twin-alike-x = GEMELO/A IGUAL
label-kinds = Tipo de etiqueta
label-made = Prep. { $day }
rule-label-kind = Ese tipo de etiqueta no es para este recipiente. Elija uno de los que se ofrecen.
# Lo que hay dentro, como lo escriben las etiquetas: MO es médula ósea, SP sangre periférica, LCR líquido cefalorraquídeo.
label-specimen = { $code ->
    [BM] MO
    [BMG] MO
    [PB] SP
    [CSF] LCR
    [BMC] MO cil.
    [PLF] pleural
    [LN] ganglio
    [ALQ-CELL] células
    [ALQ-DNA] ADN
    [ALQ-RNA] ARN
    [ALQ-VIAB] viables
   *[other] { $code }
}
