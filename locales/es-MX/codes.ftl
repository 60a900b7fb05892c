# Códigos e identificadores.
rule-code-empty = No se leyó ningún código. Lea la etiqueta otra vez.
rule-code-length = Se leyeron { $digits } dígitos y la etiqueta tiene 12. Léala completa o escriba los 12 dígitos.
rule-code-foreign = { $kind ->
    [gs1] Ese código es del fabricante del tubo o de la paquetería. Lea la etiqueta de Rastro, la de 12 dígitos.
    [isbt128] Ese código es de banco de sangre. Lea la etiqueta de Rastro, la de 12 dígitos.
    [url] Ese código es una dirección web. Lea la etiqueta de Rastro, la de 12 dígitos.
    [curp] Eso es una CURP, no una etiqueta. Busque al paciente en Pacientes.
   *[other] Ese código no es de Rastro. Lea la etiqueta de 12 dígitos.
 }
rule-code-kind = Ninguna etiqueta de Rastro comienza con { $digit }. Lea la etiqueta otra vez.
rule-code-check = Los dígitos de control no coinciden: la lectura o lo escrito tiene un error. Lea la etiqueta otra vez; si se repite, pida reimprimirla.
rule-code-wrong-kind = { $kind ->
    [box] Leyó la etiqueta de una caja y aquí va un tubo.
    [bag] Leyó la etiqueta de una bolsa y aquí va un tubo.
    [kit] Leyó la etiqueta de un paquete de toma y aquí va un tubo.
    [document] Leyó la etiqueta de un documento y aquí va un tubo.
    [badge] Leyó un gafete y aquí va un tubo.
    [command] Leyó una tarjeta de órdenes y aquí va un tubo.
    [primary] Leyó la etiqueta de un tubo primario y aquí va otra cosa.
   *[derived] Leyó la etiqueta de una alícuota y aquí va otra cosa.
 }
rule-curp-length = La CURP tiene 18 caracteres.
rule-curp-format = La CURP tiene un carácter que no puede ir en su lugar. Cópiela del documento.
rule-curp-date = La fecha dentro de la CURP no existe en el calendario.
rule-curp-check-digit = El último dígito de la CURP no coincide: hay un carácter equivocado. Cópiela del documento.
rule-nss-format = El NSS tiene 11 dígitos.
rule-nss-check-digit = El último dígito del NSS no coincide: hay un dígito equivocado.
rule-nss-placeholder = Ese NSS es de relleno. Déjelo vacío si no lo tiene.
rule-agregado-format = El agregado médico tiene la forma 3M2019OR: parentesco, sexo, año de nacimiento y régimen.
