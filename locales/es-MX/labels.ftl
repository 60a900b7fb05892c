# Etiquetas que no se pueden dibujar.
fault-label-no-glyph = La etiqueta no se puede imprimir: la letra { $character } ({ $number }) no existe en el tipo de letra de las etiquetas ({ $part }). Corrija el dato.
fault-label-control = La etiqueta no se puede imprimir: hay un carácter invisible ({ $number }) en { $part }. Vuelva a escribir el dato.
fault-label-too-long = La etiqueta no se puede imprimir: { $part } tiene { $chars } caracteres y caben { $max }.
fault-label-too-wide = La etiqueta no se puede imprimir: { $part } necesita { $need } mm y hay { $have } mm.
fault-label-template = La plantilla { $template } de la etiqueta está mal. Avise a soporte con el número de solicitud.
