//! Page addresses in both languages: written once in English, each word translated.

use super::i18n::Lang;

/// English word, Spanish word. Ids and codes between them pass through.
const WORDS: &[(&str, &str)] = &[
    ("account", "cuenta"),
    ("acknowledge", "acusar"),
    ("admin", "administracion"),
    ("amend", "enmendar"),
    ("answer", "responder"),
    ("answers", "respuestas"),
    ("api-docs", "documentacion-api"),
    ("approve", "aprobar"),
    ("attachments", "anexos"),
    ("audit", "auditoria"),
    ("calibration", "calibracion"),
    ("cancel", "cancelar"),
    ("cards", "tarjetas"),
    ("care", "traslados"),
    ("catalogue", "catalogo"),
    ("centres", "centros"),
    ("code", "codigo"),
    ("collect", "tomar"),
    ("collection-time", "hora-de-toma"),
    ("containers", "contenedores"),
    ("correct", "corregir"),
    ("corrections", "correcciones"),
    ("custody", "custodia"),
    ("decide", "decidir"),
    ("decline", "rechazar"),
    ("derive", "derivar"),
    ("disable", "desactivar"),
    ("discard", "descartar"),
    ("doubts", "dudas"),
    ("due-points", "puntos-del-plan"),
    ("edit", "editar"),
    ("enable", "activar"),
    ("end", "terminar"),
    ("export", "exportar"),
    ("guide", "guia"),
    ("help", "ayuda"),
    ("identity", "identidad"),
    ("immunophenotype", "inmunofenotipo"),
    ("kept-forms", "formularios-guardados"),
    ("label", "etiqueta"),
    ("label-sheets", "hojas-de-etiquetas"),
    ("label-templates", "plantillas-de-etiqueta"),
    ("labels", "etiquetas"),
    ("licence", "cedula"),
    ("merge", "unir"),
    ("mrd", "emr"),
    ("new", "nuevo"),
    ("notes", "notas"),
    ("pages", "paginas"),
    ("patients", "pacientes"),
    ("picture", "imagen"),
    ("print", "imprimir"),
    ("print-agents", "agentes-de-impresion"),
    ("print-batches", "envios-de-impresion"),
    ("print-jobs", "trabajos-de-impresion"),
    ("print-rolls", "rollos"),
    ("printers", "impresoras"),
    ("propose", "proponer"),
    ("protocols", "protocolos"),
    ("reader", "lector"),
    ("readings", "lecturas"),
    ("release", "liberar"),
    ("reset", "restablecer"),
    ("results", "resultados"),
    ("retry", "reintentar"),
    ("revoke", "revocar"),
    ("roles", "papeles"),
    ("samples", "muestras"),
    ("search", "buscar"),
    ("sheet", "hoja"),
    ("sign-in", "entrar"),
    ("sign-out", "salir"),
    ("sign-out-everywhere", "salir-de-todo"),
    ("station", "estacion"),
    ("studies", "solicitudes"),
    ("test", "probar"),
    ("transfer", "trasladar"),
    ("unmerge", "separar"),
    ("users", "usuarios"),
    ("validate", "validar"),
    ("versions", "versiones"),
    ("withdraw", "retirar"),
    ("worklist", "pendientes"),
];

/// The address of the page `path` (English words, begins with `/`) in `lang`:
/// `url(Lang::Es, "/patients/7/mrd")` is `/es/pacientes/7/emr`. Also makes route patterns.
pub fn url(lang: Lang, path: &str) -> String {
    // A list says one for each row: the text is written once, without growing.
    let mut out = String::with_capacity(path.len() + 16);
    out.push('/');
    out.push_str(lang.prefix());
    let (path, query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
    for segment in path.split('/').filter(|s| !s.is_empty()) {
        let word = match (lang, WORDS.binary_search_by_key(&segment, |w| w.0)) {
            (Lang::Es, Ok(i)) => WORDS[i].1,
            _ => segment,
        };
        out.push('/');
        out.push_str(word);
    }
    if let Some(query) = query {
        out.push('?');
        out.push_str(query);
    }
    out
}

/// The same page in the other language: `/es/pacientes/7` gives `/en/patients/7`.
pub fn twin(path: &str) -> String {
    let mut segments = path.split('/').filter(|s| !s.is_empty());
    let lang = segments.next().and_then(Lang::from_prefix).unwrap_or_default();
    let english: Vec<&str> = segments
        .map(|s| match lang {
            Lang::Es => WORDS.iter().find(|w| w.1 == s).map_or(s, |w| w.0),
            Lang::En => s,
        })
        .collect();
    url(lang.other(), &format!("/{}", english.join("/")))
}

/// Whether `path` begins with a language, as those of pages do.
pub fn has_lang(path: &str) -> bool {
    Lang::ALL.iter().any(|lang| {
        let rest = path.strip_prefix('/').and_then(|p| p.strip_prefix(lang.prefix()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The language of a page address; es-MX for what is no page.
pub fn lang_of(path: &str) -> Lang {
    path.split('/').find(|s| !s.is_empty()).and_then(Lang::from_prefix).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_and_one_to_one() {
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0), "binary search needs them sorted");
        let mut es: Vec<_> = WORDS.iter().map(|w| w.1).collect();
        es.sort();
        assert!(es.windows(2).all(|w| w[0] != w[1]));
    }

    #[test]
    fn every_page_has_a_twin() {
        assert_eq!(url(Lang::Es, "/patients/{id}/mrd"), "/es/pacientes/{id}/emr");
        assert_eq!(url(Lang::En, "/patients?q=x/y"), "/en/patients?q=x/y");
        assert_eq!(twin("/es/pacientes/7/emr"), "/en/patients/7/mrd");
        assert_eq!(twin("/en/station"), "/es/estacion");
        assert_eq!(twin("/es"), "/en");
    }
}
