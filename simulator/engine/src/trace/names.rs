//! Names, interned: an entry is fixed-width because of them.

/// An interned name: an index into [`Names`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Name(pub u32);

/// The names of a plan, in the order in which it first uses them. Name 0 is `-`: nothing.
#[derive(Clone, Debug)]
pub struct Names {
    list: Vec<String>,
    index: std::collections::BTreeMap<String, u32>,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { list: Vec::new(), index: std::collections::BTreeMap::new() };
        names.intern("-");
        names
    }
}

impl Names {
    /// The name for `text`, new if it was not there.
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(&at) = self.index.get(text) {
            return Name(at);
        }
        let at = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(text.to_owned());
        self.index.insert(text.to_owned(), at);
        Name(at)
    }

    /// The name for `text`, if the plan uses it.
    pub fn find(&self, text: &str) -> Option<Name> {
        self.index.get(text).copied().map(Name)
    }

    /// What a name stands for; `?` if it is no name of this plan.
    pub fn text(&self, name: Name) -> &str {
        self.list.get(name.0 as usize).map_or("?", String::as_str)
    }

    /// All names, in order.
    pub fn list(&self) -> &[String] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_interned_once() {
        let mut names = Names::default();
        assert_eq!(names.intern("pump"), names.intern("pump"));
        assert_eq!(names.text(Name(0)), "-");
    }
}
