//! A form drawn again as it was left: what was typed goes into the page as it is drawn now. Nothing
//! is sent by that; the person looks, and saves.

use std::ops::Range;

use super::page::{Attributes, Control, Drawn, Read, edited, escaped, tag};

/// What a form was left with.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Typed {
    /// Where it is sent.
    pub action: String,
    /// The page it stood on.
    pub page: String,
    /// Names and values, in the order of the form.
    pub fields: Vec<(String, String)>,
}

/// What of it found no place on the page: a field that is not there any more, or the whole form.
pub type Left = Vec<(String, String)>;

impl Typed {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    /// Whether `form` is the one that was left. What a page itself says in a hidden field is a part of
    /// what its button means, so it must be the same; but for keys, which each drawing makes anew.
    fn fits(&self, form: &Drawn) -> bool {
        form.action == self.action
            && form.controls.iter().filter(|c| c.kind() == "hidden").all(|c| {
                let Control::Input { tag, .. } = c else { return true };
                let value = tag.get("value").map_or("", String::as_str);
                self.values(c.name()).any(|v| v == value || (is_key(v) && is_key(value)))
            })
    }
}

fn is_key(text: &str) -> bool {
    text.parse::<uuid::Uuid>().is_ok()
}

/// The edits that put `typed` into a form, taking what they place out of `left`.
struct Filling<'a> {
    left: Vec<&'a (String, String)>,
    edits: Vec<(Range<usize>, String)>,
}

impl Filling<'_> {
    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.left.iter().position(|(n, _)| n == name)?;
        Some(self.left.remove(at).1.clone())
    }
    fn take_value(&mut self, name: &str, value: &str) -> bool {
        let at = self.left.iter().position(|(n, v)| n == name && v == value);
        at.map(|at| self.left.remove(at)).is_some()
    }
    fn flag(
        &mut self,
        at: &Range<usize>,
        element: &str,
        tagged: &Attributes,
        flag: &str,
        on: bool,
    ) {
        if on == tagged.contains_key(flag) {
            return;
        }
        let mut new = tagged.clone();
        match on {
            true => new.insert(flag.to_owned(), String::new()),
            false => new.remove(flag),
        };
        self.edits.push((at.clone(), tag(element, &new)));
    }
    fn fill(&mut self, control: &Control) {
        let name = control.name().to_owned();
        match control {
            Control::Input { at, tag: tagged } => match control.kind() {
                "checkbox" | "radio" => {
                    let value = tagged.get("value").map_or("on", String::as_str);
                    let on = self.take_value(&name, value);
                    self.flag(at, "input", tagged, "checked", on);
                }
                "password" | "submit" | "button" | "file" => {}
                _ => {
                    let Some(value) = self.take(&name) else { return };
                    let mut new = tagged.clone();
                    new.insert("value".to_owned(), value);
                    self.edits.push((at.clone(), tag("input", &new)));
                }
            },
            Control::Area { inner, .. } => {
                let Some(value) = self.take(&name) else { return };
                // The first line break of a text area is not its text.
                self.edits.push((inner.clone(), format!("\n{}", escaped(&value))));
            }
            Control::Select { options, .. } => {
                for (at, tagged) in options {
                    let value = tagged.get("value").cloned().unwrap_or_default();
                    let on = self.take_value(&name, &value);
                    self.flag(at, "option", tagged, "selected", on);
                }
            }
            Control::Button { .. } => self.left.retain(|(n, _)| *n != name),
        }
    }
}

/// The page with `typed` in its form, and what of it has no place there.
pub fn refilled(html: &str, typed: &Typed) -> (String, Left) {
    let read = Read::of(html);
    let mut filling = Filling { left: typed.fields.iter().collect(), edits: vec![] };
    if let Some(form) = read.forms.iter().find(|f| typed.fits(f)) {
        form.controls.iter().for_each(|c| filling.fill(c));
    }
    let Filling { left, edits } = filling;
    let told = |(_, value): &&(String, String)| !value.trim().is_empty() && !is_key(value);
    (edited(html, edits), left.into_iter().filter(told).cloned().collect())
}

/// The page with `notice` at the head of its main part.
pub fn noticed(html: &str, notice: &str) -> String {
    let at = Read::of(html).main.unwrap_or(0);
    edited(html, vec![(at..at, notice.to_owned())])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = r#"<main><form method="post" action="/es/x">
<input type="hidden" name="id" value="01936b2e-0000-7000-8000-000000000001"><input type="hidden" name="tube" value="2">
<input id="f-name" name="name" value=""><input name="row" value="a"><input name="row" value="b">
<input type="radio" name="sex" value="F"><input type="radio" name="sex" value="M" checked>
<input type="checkbox" name="roles" value="a" checked><input type="checkbox" name="roles" value="b"><input type="checkbox" name="roles" value="c">
<select name="site"><option value="">Elija</option><option value="LRZ" selected>Raza</option><option value="TIJ">Tijuana</option></select>
<textarea name="note" rows="3">old</textarea><input type="password" name="password"><button name="meaning" value="released">x</button></form></main>"#;

    fn typed(fields: &[(&str, &str)]) -> Typed {
        let fields = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Typed { action: "/es/x".into(), page: "/es/x".into(), fields }
    }

    #[test]
    fn a_form_is_as_it_was_left() {
        let id = "01936b2e-0000-7000-8000-000000000002";
        let (out, left) = refilled(
            FORM,
            &typed(&[
                ("id", id),
                ("tube", "2"),
                ("name", "\"><script>María & José"),
                ("row", ""),
                ("row", "z"),
                ("sex", "F"),
                ("roles", "b"),
                ("roles", "c"),
                ("site", "TIJ"),
                ("note", "\nuno\n</textarea>dos"),
                ("meaning", "released"),
            ]),
        );
        assert!(left.is_empty(), "{left:?}");
        for part in [
            format!("name=\"id\" type=\"hidden\" value=\"{id}\""),
            "name=\"name\" value=\"&quot;&gt;&lt;script&gt;María &amp; José\"".into(),
            "<input name=\"row\" value=\"\"><input name=\"row\" value=\"z\">".into(),
            "<input checked=\"\" name=\"sex\" type=\"radio\" value=\"F\"><input name=\"sex\" type=\"radio\" value=\"M\">".into(),
            "<input name=\"roles\" type=\"checkbox\" value=\"a\"><input checked=\"\" name=\"roles\" type=\"checkbox\" value=\"b\">".into(),
            "<option value=\"LRZ\">Raza</option><option selected=\"\" value=\"TIJ\">".into(),
            "rows=\"3\">\n\nuno\n&lt;/textarea&gt;dos</textarea>".into(),
            "<input type=\"password\" name=\"password\">".into(),
        ] {
            assert!(out.contains(&part), "{part} is not in {out}");
        }
    }

    #[test]
    fn what_another_button_of_the_page_means_is_not_put_into_it() {
        let (out, left) = refilled(FORM, &typed(&[("id", "1"), ("tube", "3"), ("name", "A")]));
        assert_eq!(out, FORM);
        assert_eq!(left.len(), 3);
    }

    #[test]
    fn what_finds_no_place_is_told() {
        let id = "01936b2e-0000-7000-8000-000000000002";
        let all =
            [("id", id), ("tube", "2"), ("reason", "gemelos"), ("empty", " "), ("site", "MTY")];
        let (_, left) = refilled(FORM, &typed(&all));
        assert_eq!(left, typed(&[("reason", "gemelos"), ("site", "MTY")]).fields);
    }
}
