# Etiquetas que no se pueden dibujar.
fault-label-no-glyph = La etiqueta no se puede imprimir: la letra { $character } ({ $number }) no existe en el tipo de letra de las etiquetas ({ $part }). Corrija el dato.
fault-label-control = La etiqueta no se puede imprimir: hay un carácter invisible ({ $number }) en { $part }. Vuelva a escribir el dato.
fault-label-too-long = La etiqueta no se puede imprimir: { $part } tiene { $chars } caracteres y caben { $max }.
fault-label-too-wide = La etiqueta no se puede imprimir: { $part } necesita { $need } mm y hay { $have } mm.
fault-label-template = La plantilla { $template } de la etiqueta está mal. Avise a soporte con el número de petición.
fault-label-right-to-left = La etiqueta no se puede imprimir: { $part } tiene una letra que se escribe de derecha a izquierda ({ $number }). Escriba el dato con letras latinas.
fault-label-accent = La etiqueta no se puede imprimir: el acento { $number } de { $part } no se puede poner sobre su letra. Vuelva a escribir el dato.
fault-label-value = La etiqueta no se puede imprimir: { $part } falta o no está escrito como lo pide la plantilla { $template }. Corrija el dato.
fault-label-symbol = La etiqueta no se puede imprimir: el código de barras de { $part } no puede llevar ese dato. Corrija el dato.
fault-label-sheet = La hoja de etiquetas no se puede imprimir así: las hojas se imprimen en PDF, desde una celda que la hoja tenga y con un ajuste de 10 mm como máximo.
fault-label-given-up = La etiqueta no se alcanzó a dibujar. Vuelva a intentarlo.
# The page that tells how far a printer of sheets is off.
label-calibrate-title = Calibración de { $sheet }
label-calibrate-print = Imprima esta página al 100 % (tamaño real) en una hoja de etiquetas, o en papel blanco puesto sobre ella a contraluz.
label-calibrate-ruler = La regla de abajo debe medir 50 mm exactos. Si no, corrija la escala al imprimir y repita.
label-calibrate-read = En la regla x lea en qué número queda la orilla izquierda de la etiqueta; en la regla y, la orilla de arriba.
label-calibrate-enter = Escriba esos números, con su signo, en los ajustes de la hoja (o en --offset-x y --offset-y de «rastro label draw»).
label-calibrate-again = Si esta página ya se imprimió con un ajuste, sume lo que lee. Bien ajustada, las orillas quedan en 0.
