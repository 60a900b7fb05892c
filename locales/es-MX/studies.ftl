# Solicitudes.
rule-study-kind = Elija inmunofenotipo o EMR.
rule-protocol-or-reason = Elija protocolo y punto, o explique por qué va fuera de protocolo.
rule-protocol-xor-reason = Elija protocolo o motivo, no los dos.
rule-protocol-not-approved = Ese protocolo no está aprobado por la red.
rule-timepoint-of-protocol = Elija un punto de ese protocolo.
rule-decimal-or-unknown = Escriba un número de 0 a { $max } con punto decimal, o «se desconoce».
rule-phone = Escriba un teléfono con al menos 8 dígitos.
rule-too-many = Máximo { $limit }.
fault-no-laboratory = No hay un laboratorio configurado. Avise a administración.
study-immunophenotype = Inmunofenotipo
study-mrd = Enfermedad mínima residual
study-state-requested = Solicitada
study-state-collected = Tomada
study-state-in-laboratory = En laboratorio
study-state-to-validate = Por validar
study-state-released = Liberada
study-state-cancelled = Cancelada
